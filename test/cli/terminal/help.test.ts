import { Command, CommanderError } from "commander";
import { expect, test } from "vitest";
import { registerCollect } from "../../../cli/collect/collect.ts";
import { registerDemo } from "../../../cli/demo/demo.ts";
import { createProgram } from "../../../cli/program.ts";
import { registerSimulate } from "../../../cli/simulate/simulate.ts";

const helpOf = (register: (program: Command, version: string) => void): string => {
  const program = new Command();
  register(program, "1");
  return program.commands[0]!.helpInformation();
};

test("help names an environment variable where the environment is read, and nowhere else", () => {
  expect(helpOf(registerCollect)).toContain("LACUNA_WINDOW");
  expect(helpOf(registerCollect)).not.toMatch(/default: *;/);
  for (const register of [registerSimulate, registerDemo]) expect(helpOf(register)).not.toContain("LACUNA_");
});

/** What is said about a line that is wrong. */
const saidOf = async (line: string): Promise<string> => {
  const said: string[] = [];
  const program = createProgram("1", () => {});
  for (const command of [program, ...program.commands])
    command.configureOutput({ writeErr: (text) => said.push(text) });
  await expect(program.parseAsync(line.split(" "), { from: "user" })).rejects.toThrow(CommanderError);
  return said.join("");
};

test.each(["colect", "help nosuch", "--nosuch", "collect --nosuch"])(
  "after a wrong word (%s) it is said where to find the right ones",
  async (line) => {
    expect(await saidOf(line)).toMatch(/\n\(--help shows what is accepted\)\n$/);
  },
);

test("help for a command that does not exist says so, and which ones do", async () => {
  expect(await saidOf("help nosuch")).toMatch(
    /^error: .*'nosuch' is invalid .* collect, .*, completion, help\.\n/,
  );
});

test("all flags that are unknown are told at once, without what was given to them, and before one that is missing", async () => {
  expect(await saidOf("gaps --jsn --nosuch=3 x -z -5")).toMatch(
    /^error: unknown options '--jsn', '--nosuch', '-z'\n\(Did you mean --json\?\)\n\(--help/,
  );
  expect(await saidOf("send --devise pump-7 --sek 3")).toMatch(
    /^error: unknown options '--devise', '--sek'\n\(Did you mean --device, --seq\?\)\n/,
  );
  expect(await saidOf("audit --nosuch -- --json")).toMatch(/^error: unknown option '--nosuch'\n\(--help/);
});

test("help is shown whatever else is wrong", async () => {
  const shown: string[] = [];
  const program = createProgram("1", (text) => shown.push(text));
  await expect(program.parseAsync(["gaps", "--nosuch", "--help"], { from: "user" })).rejects.toThrow(
    "outputHelp",
  );
  expect(shown.join("")).toMatch(/^Usage: lacuna gaps/);
});

test.each([60, 80, 120])("help is broken between words for a terminal of %s columns", async (columns) => {
  const names = createProgram("1", () => {}).commands.map((command) => command.name());
  for (const words of [[], ...names.map((name) => [name])]) {
    const shown: string[] = [];
    const program = createProgram("1", (text) => shown.push(text));
    for (const command of [program, ...program.commands])
      command.configureOutput({ getOutHelpWidth: () => columns });
    await expect(program.parseAsync([...words, "--help"], { from: "user" })).rejects.toThrow("outputHelp");
    // examples are lines of a shell
    const [help] = shown.join("").split("\nExamples:");
    const tooLong = help!.split("\n").filter(({ length }) => length > columns);
    expect(tooLong.filter((line) => line.trim().includes(" "))).toEqual([]);
  }
});
