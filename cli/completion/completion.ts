import { Argument, type Command } from "commander";
import { SHELLS, type Shell } from "./shells.ts";

export const registerCompletion = (program: Command): void => {
  program
    .command("completion")
    .description('completion for a shell: eval "$(lacuna completion bash)"')
    .addArgument(new Argument("<shell>", "which one").choices(SHELLS))
    .action(async (shell: Shell) => {
      const { completion } = await import("./run-completion.ts");
      await completion(program, shell);
    });
};
