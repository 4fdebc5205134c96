import { Command } from "commander";
import { expect, test } from "vitest";
import { registerCollect } from "../../cli/collect.ts";
import { registerDemo } from "../../cli/demo.ts";
import { createProgram } from "../../cli/program.ts";
import { registerSimulate } from "../../cli/simulate.ts";

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

test.each(["colect", "--nosuch", "collect --nosuch"])(
  "after a wrong word (%s) it is said where to find the right ones",
  async (line) => {
    const said: string[] = [];
    const program = createProgram("1", () => {});
    for (const command of [program, ...program.commands])
      command.configureOutput({ writeErr: (text) => said.push(text) });
    await expect(program.parseAsync(line.split(" "), { from: "user" })).rejects.toThrow("unknown");
    expect(said.at(-1)).toBe("(--help shows what is accepted)\n");
  },
);
