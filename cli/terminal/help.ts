import { Argument, type Command } from "commander";

/** what is taken where the output is no terminal, as commander does */
const USUAL_COLUMNS = 80;

/** How many characters a line of help may have. */
export const helpWidthOf = (command: Command): number =>
  command.configureOutput().getOutHelpWidth?.() ?? USUAL_COLUMNS;

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
