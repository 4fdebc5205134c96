import type { CommandNode, Value } from "./command-tree.ts";

const words = (value: readonly string[]): string =>
  `COMPREPLY=($(compgen -W '${value.join(" ")}' -- "$word"))`;

const completed = (value: Value): string => {
  // a name may have spaces in it; words are not taken for names of files, or a folder called as a command would give it a slash
  if (value === "file")
    return "local IFS=$'\\n'; COMPREPLY=($(compgen -f -- \"$word\")); compopt -o filenames 2>/dev/null";
  return value === "any" ? "COMPREPLY=()" : words(value);
};

const branch = ({ name, flags, argument }: CommandNode): string => {
  const values = flags.flatMap(({ flag, value }) =>
    value === null ? [] : [`        ${flag}) ${completed(value)}; return ;;`],
  );
  return `    ${name})
      case $before in
${values.join("\n")}
      esac
      if [[ $word == -* ]]; then ${words(flags.map(({ flag }) => flag))}
      else ${completed(argument ?? "any")}; fi ;;`;
};

/** Completion for bash, which needs nothing but bash itself. */
export const bashCompletion = (
  commands: readonly CommandNode[],
): string => `# bash completion for lacuna: eval "$(lacuna completion bash)"
_lacuna() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]}
  if ((COMP_CWORD == 1)); then
    ${words([...commands.map(({ name }) => name), "--help", "--version"])}
    return
  fi
  case \${COMP_WORDS[1]} in
${commands.map(branch).join("\n")}
  esac
}
complete -F _lacuna lacuna
`;
