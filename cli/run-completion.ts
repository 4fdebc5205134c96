import type { Command } from "commander";
import { bashCompletion } from "./completion/bash.ts";
import { treeOf } from "./completion/command-tree.ts";
import { fishCompletion } from "./completion/fish.ts";
import type { Shell } from "./completion/shells.ts";
import { zshCompletion } from "./completion/zsh.ts";
import { print } from "./output.ts";

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

/** Prints the completion of all commands the program has. */
export const completion = async (program: Command, shell: Shell): Promise<void> => {
  await print(SCRIPTS[shell](treeOf(program)));
};
