import type { CommandNode, FlagNode, Value } from "./command-tree.ts";

const quoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

const values = (value: Value): string => {
  if (value === "file") return " -F";
  return value === "any" ? "" : ` -a ${quoted(value.join(" "))}`;
};

const flagLine = (command: string, { flag, description, value }: FlagNode): string =>
  `complete -c lacuna -n '__fish_seen_subcommand_from ${command}' -l ${flag.slice(2)}` +
  `${value === null ? "" : ` -x${values(value)}`.replace(" -x -F", " -r -F")} -d ${quoted(description)}`;

const argumentLine = ({ name, argument }: CommandNode): string[] =>
  argument === null || argument === "any"
    ? []
    : [`complete -c lacuna -n '__fish_seen_subcommand_from ${name}'${values(argument)}`];

/** Completion for fish. */
export const fishCompletion = (commands: readonly CommandNode[]): string =>
  [
    "# fish completion for lacuna: lacuna completion fish | source",
    "complete -c lacuna -f",
    ...commands.map(
      ({ name, description }) =>
        `complete -c lacuna -n __fish_use_subcommand -a ${name} -d ${quoted(description)}`,
    ),
    ...commands.flatMap((command) => [
      ...command.flags.map((flag) => flagLine(command.name, flag)),
      ...argumentLine(command),
    ]),
    "",
  ].join("\n");
