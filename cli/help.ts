import { Argument, type Command } from "commander";

/** In place of commander's own, which answers a command that does not exist with the help of the program and no word about it. Comes last. */
export const registerHelp = (program: Command): void => {
  const names = [...program.commands.map((command) => command.name()), "help"];
  program
    .helpCommand(false)
    .command("help")
    .description("what the program or one of its commands accepts")
    .addArgument(new Argument("[command]").choices(names))
    .action((name?: string) =>
      (program.commands.find((command) => command.name() === name) ?? program).help(),
    );
};
