import type { CommandNode, FlagNode, Value } from "./command-tree.ts";

/** Inside single quotes and the brackets of _arguments. */
const escaped = (text: string): string =>
  text.replaceAll(/[[\]:\\]/g, (sign) => `\\${sign}`).replaceAll("'", "'\\''");

const action = (value: Value): string => {
  if (value === "file") return ":file:_files";
  return value === "any" ? ":value:" : `:value:(${value.join(" ")})`;
};

const flagSpec = ({ flag, description, value }: FlagNode): string =>
  `'*${flag}[${escaped(description)}]${value === null ? "" : action(value)}'`;

const branch = ({ name, flags, argument }: CommandNode): string => {
  const specs = [...flags.map(flagSpec), ...(argument === null ? [] : [`'*:${action(argument)}'`])];
  return `    ${name})
      _arguments ${specs.join(" \\\n        ")} ;;`;
};

/** Completion for zsh. */
export const zshCompletion = (commands: readonly CommandNode[]): string => `#compdef lacuna
# zsh completion for lacuna: eval "$(lacuna completion zsh)", or this as a file _lacuna in the fpath
_lacuna() {
  local -a commands=(
${commands.map(({ name, description }) => `    '${name}:${escaped(description)}'`).join("\n")}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${commands.map(branch).join("\n")}
  esac
}
compdef _lacuna lacuna
`;
