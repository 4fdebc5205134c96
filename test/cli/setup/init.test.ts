import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { COLLECT_OPTIONS } from "../../../cli/options/options.ts";
import { init, initialConfig } from "../../../cli/setup/run-init.ts";
import { resolveSettings } from "../../../common/config.ts";
import { temporaryDirectory } from "../../support/lacuna-process.ts";

const directory = temporaryDirectory();
beforeAll(() => {
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
});
afterAll(() => {
  vi.restoreAllMocks();
  directory.remove();
});

const inFile = Object.values(COLLECT_OPTIONS).filter((option) => option.inFile);
const values = parse(initialConfig());

test("the generated file has every option a file may have, each with its explanation", () => {
  expect(Object.keys(values)).toEqual(inFile.map(({ key }) => key));
  for (const { doc, accepted } of inFile) {
    expect(initialConfig()).toContain(`# ${doc}\n`);
    expect(initialConfig()).toContain(`# accepted: ${accepted};`);
  }
});

test("the generated file means exactly the defaults", () => {
  const defaults = resolveSettings(COLLECT_OPTIONS, { env: {}, flags: {} });
  const file = { path: "lacuna.toml", values };
  expect(resolveSettings(COLLECT_OPTIONS, { file, env: {}, flags: {} })).toEqual(defaults);
});

test("a file that exists stays as it is unless it is forced", async () => {
  const file = join(directory.path, "lacuna.toml");
  writeFileSync(file, "mine");
  await expect(init(file, {})).rejects.toThrow("lacuna.toml is there already; --force writes over it");
  expect(readFileSync(file, "utf8")).toBe("mine");
  await init(file, { force: true });
  expect(readFileSync(file, "utf8")).toBe(initialConfig());
});

test("a file that cannot be written is said in one sentence", async () => {
  await expect(init(join(directory.path, "no", "lacuna.toml"), {})).rejects.toMatchObject({
    code: "ERR_INIT",
    message: expect.stringContaining("cannot be written: ENOENT"),
  });
});
