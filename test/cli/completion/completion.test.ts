import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { bashCompletion } from "../../../cli/completion/bash.ts";
import { treeOf } from "../../../cli/completion/command-tree.ts";
import { fishCompletion } from "../../../cli/completion/fish.ts";
import { zshCompletion } from "../../../cli/completion/zsh.ts";
import { createProgram } from "../../../cli/program.ts";
import { temporaryDirectory } from "../../support/lacuna-process.ts";

const directory = temporaryDirectory();
afterAll(() => directory.remove());

const program = createProgram("1.2.3", () => {});
const tree = treeOf(program);
const script = bashCompletion(tree);

/** What bash offers for the last of the words. */
const offered = (...words: string[]): string[] => {
  const ask = `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _lacuna; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const output = execFileSync("bash", ["--norc", "-c", `${script}\n${ask}`, "bash", "lacuna", ...words], {
    cwd: directory.path,
    encoding: "utf8",
  });
  return output.split("\n").filter((line) => line !== "");
};

test("the tree has every command and every long flag of the program", () => {
  expect(tree.map(({ name }) => name)).toEqual(program.commands.map((command) => command.name()));
  for (const command of program.commands) {
    const flags = tree.find(({ name }) => name === command.name())!.flags.map(({ flag }) => flag);
    expect(flags).toEqual([...command.options.map(({ long }) => long), "--help"]);
  }
});

describe("bash offers", () => {
  test("commands", () => {
    expect(offered("de")).toEqual(["devices", "demo"]);
    expect(offered("")).toEqual(expect.arrayContaining(["collect", "tail", "completion", "--version"]));
  });

  test("the flags of a command", () => {
    expect(offered("gaps", "--st")).toEqual(["--state"]);
    expect(offered("tail", "--device", "pump-7", "--fo")).toEqual(["--format"]);
  });

  test("the words a flag or an argument accepts", () => {
    expect(offered("gaps", "--cause", "queue")).toEqual(["queue-overflow"]);
    expect(offered("completion", "")).toEqual(["bash", "zsh", "fish"]);
    expect(offered("collect", "--receive", "")).toEqual(["auto", "native", "dgram"]);
    expect(offered("simulate", "--format", "j")).toEqual(["json"]);
    expect(offered("simulate", "--signals", "s")).toEqual(["sine", "square"]);
    expect(offered("simulate", "--describe", "")).toEqual(["true", "false"]);
  });

  test("files where a file is meant, and nothing where nobody can know", () => {
    mkdirSync(join(directory.path, "data"), { recursive: true });
    for (const name of ["database.db", "data of 2026.db"]) writeFileSync(join(directory.path, name), "");
    expect(offered("collect", "--db", "dat").sort()).toEqual(["data", "data of 2026.db", "database.db"]);
    expect(offered("tail", "--device", "")).toEqual([]);
  });

  test("a command as a word, also beside a folder of its name", () => {
    // what readline is told to do with the offers: take them for names of files, which gives a folder its slash
    const taken = (...words: string[]): string => {
      const ask = `compopt() { echo "$@"; }; complete -p lacuna; COMP_WORDS=(lacuna "$@"); COMP_CWORD=$#; _lacuna`;
      return execFileSync("bash", ["--norc", "-c", `${script}\n${ask}`, "bash", ...words], {
        encoding: "utf8",
      });
    };
    expect(taken("exp")).not.toContain("filenames");
    expect(taken("collect", "--db", "exp")).toContain("filenames");
  });
});

const isThere = (shell: string): boolean => {
  const isFound = spawnSync(shell, ["--version"]).status === 0;
  if (!isFound) console.log(`${shell} is not installed: its completion is not tried`);
  return isFound;
};

// bash is everywhere; these where they are installed
test.runIf(isThere("zsh"))("zsh takes its script", () => {
  const file = join(directory.path, "_lacuna");
  writeFileSync(file, zshCompletion(tree));
  const load = `autoload -U compinit && compinit -u -D && source ${file} && print $_comps[lacuna]`;
  const { stdout, stderr } = spawnSync("zsh", ["-f", "-c", load], { encoding: "utf8" });
  expect([stdout, stderr]).toEqual(["_lacuna\n", ""]);
});

test.runIf(isThere("fish"))("fish offers commands, flags and words", () => {
  const file = join(directory.path, "lacuna.fish");
  writeFileSync(file, fishCompletion(tree));
  const ask = (line: string): string[] =>
    execFileSync("fish", ["--no-config", "-c", `source ${file}; complete -C "${line}"`], { encoding: "utf8" })
      .split("\n")
      .filter((offer) => offer !== "")
      .map((offer) => offer.split("\t")[0]!);
  expect(ask("lacuna gap")).toEqual(["gaps"]);
  expect(ask("lacuna gaps --st")).toEqual(["--state"]);
  expect(ask("lacuna gaps --cause queue")).toEqual(["queue-overflow"]);
});
