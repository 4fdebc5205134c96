import type { Command } from "commander";
import { print } from "../terminal/output.ts";
import { bashCompletion } from "./bash.ts";
import { treeOf } from "./command-tree.ts";
import { fishCompletion } from "./fish.ts";
import type { Shell } from "./shells.ts";
import { zshCompletion } from "./zsh.ts";

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

/** Prints the completion of all commands the program has. */
export const completion = async (program: Command, shell: Shell): Promise<void> => {
  await print(SCRIPTS[shell](treeOf(program)));
};
