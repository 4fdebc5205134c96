import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { envNameOf, flagOf, loadSettings, resolveSettings, type SettingsInput } from "../../common/config.ts";
import { ConfigurationError } from "../../common/errors.ts";
import {
  accepting,
  choiceOption,
  durationOption,
  integerOption,
  listOption,
  notInFile,
  optional,
  plainTextOption,
  sizeOption,
} from "../../common/options.ts";

const SCHEMA = {
  names: listOption({
    key: "name",
    doc: "names",
    default: ["a"],
    placeholder: "word",
    accepted: "words",
    parse: (texts) => (texts.includes("bad") ? accepting("anything but bad") : { value: texts }),
  }),
  windowMs: durationOption({ key: "window", doc: "window", default: "250ms", min: "0ms", max: "1h" }),
  maxSizeBytes: optional(
    sizeOption({ key: "maxSize", doc: "size", default: "1GiB", min: "1MiB", max: "1TiB" }),
  ),
  maxGaps: integerOption({ key: "maxGaps", doc: "gaps", default: 10, min: 1, max: 100 }),
  level: choiceOption({ key: "level", doc: "level", default: "info", choices: ["info", "debug"] }),
  configPath: notInFile(
    optional(
      plainTextOption({ key: "config", doc: "file", default: "x", placeholder: "file", accepted: "a path" }),
    ),
  ),
};

const resolve = (input: Partial<SettingsInput> & { values?: Record<string, unknown> }) =>
  resolveSettings(SCHEMA, {
    env: {},
    flags: {},
    ...(input.values === undefined ? {} : { file: { path: "lacuna.toml", values: input.values } }),
    ...input,
  });

const mistakesOf = (input: Parameters<typeof resolve>[0]): string[] => {
  try {
    resolve(input);
  } catch (error) {
    if (error instanceof ConfigurationError) {
      return error.mistakes.map(({ key, origin, sentence }) => `${key} | ${origin} | ${sentence}`);
    }
    throw error;
  }
  return [];
};

test("without any source the defaults hold", () => {
  expect(resolve({})).toEqual({
    names: ["a"],
    windowMs: 250,
    maxSizeBytes: null,
    maxGaps: 10,
    level: "info",
    configPath: null,
  });
});

test("flags override the environment, which overrides the file, which overrides defaults", () => {
  const values = { window: "1s", maxGaps: 20, level: "debug" };
  const env = { LACUNA_WINDOW: "2s", LACUNA_MAX_GAPS: "30" };
  expect(resolve({ values, env, flags: { window: "3s" } })).toMatchObject({
    windowMs: 3000,
    maxGaps: 30,
    level: "debug",
  });
});

test("a stronger list replaces the weaker one", () => {
  expect(resolve({ values: { name: ["x", "y"] }, flags: { name: ["z"] } }).names).toEqual(["z"]);
});

test("a list in the environment is split at commas and spaces", () => {
  expect(resolve({ env: { LACUNA_NAME: "x, y z" } }).names).toEqual(["x", "y", "z"]);
});

test('"none" unsets an optional setting the file gave', () => {
  expect(resolve({ values: { maxSize: "2MiB" }, flags: { maxSize: "none" } }).maxSizeBytes).toBeNull();
});

test("bytes may be a number of the file", () => {
  expect(resolve({ values: { maxSize: 2_097_152 } }).maxSizeBytes).toBe(2 ** 21);
  expect(mistakesOf({ values: { maxSize: 1.5 } })).toHaveLength(1);
});

test("names of flag and environment variable follow from the key", () => {
  expect([envNameOf("maxGapsPerDevice"), flagOf("maxGapsPerDevice")]).toEqual([
    "LACUNA_MAX_GAPS_PER_DEVICE",
    "--max-gaps-per-device",
  ]);
});

describe("mistakes", () => {
  test("all are reported at once, each with key, origin and what is accepted", () => {
    const values = { window: 5, maxGaps: 0, level: "loud" };
    expect(mistakesOf({ values, env: { LACUNA_MAX_SIZE: "1" }, flags: { name: ["bad"] } })).toEqual([
      "name | --name | accepted is anything but bad",
      expect.stringMatching(
        /^window \| lacuna\.toml \| accepted is a number with a unit: .*; from 0ms to 1h$/,
      ),
      'maxSize | LACUNA_MAX_SIZE | accepted is from 1MiB to 1TiB; or "none"',
      "maxGaps | lacuna.toml | accepted is an integer from 1 to 100",
      "level | lacuna.toml | accepted is one of info, debug",
    ]);
  });

  test("a value a stronger source replaces is checked all the same", () => {
    expect(mistakesOf({ values: { maxGaps: 0 }, flags: { maxGaps: "5" } })).toHaveLength(1);
  });

  test.each([
    ["maxgaps", "did you mean maxGaps?"],
    ["windw", "did you mean window?"],
    ["frobnicate", "this option does not exist"],
  ])("unknown key %s in the file is refused", (key, sentence) => {
    expect(mistakesOf({ values: { [key]: 1 } })).toEqual([expect.stringContaining(sentence)]);
  });

  test("an unknown LACUNA_ variable is refused with the name that is near", () => {
    expect(mistakesOf({ env: { LACUNA_MAX_GAP: "1" } })).toEqual([
      "LACUNA_MAX_GAP | LACUNA_MAX_GAP | this option does not exist; did you mean LACUNA_MAX_GAPS?",
    ]);
  });

  test("the variables Kubernetes sets for a service of our name are left alone", () => {
    const env = {
      LACUNA_SERVICE_HOST: "10.0.0.1",
      LACUNA_PORT: "tcp://x",
      LACUNA_PORT_8047_TCP: "x",
      HOME: "/",
    };
    expect(mistakesOf({ env })).toEqual([]);
  });

  test("an option that names the file cannot stand in the file", () => {
    expect(mistakesOf({ values: { config: "other.toml" } })).toEqual([
      expect.stringContaining("this option does not exist"),
    ]);
  });

  test.each([[""], [[]], [[1]], [true], [{}]])("%j is no list", (value) => {
    expect(mistakesOf({ values: { name: value } })).toEqual([
      "name | lacuna.toml | accepted is a text, or a list of texts: words",
    ]);
  });

  test.each(["1.5", "", "x", "1e1", true, 1.5, 2 ** 60])("%j is no integer", (value) => {
    expect(mistakesOf({ values: { maxGaps: value } })).toHaveLength(1);
  });
});

describe("the configuration file", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "lacuna-config-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const write = (text: string | Buffer): string => {
    const path = join(folder, "lacuna.toml");
    writeFileSync(path, text);
    return path;
  };

  test("the file a flag names is read", () => {
    const config = write('window = "1s"\nname = ["x"]\n');
    expect(loadSettings(SCHEMA, { config }, {})).toMatchObject({
      windowMs: 1000,
      names: ["x"],
      configPath: config,
    });
  });

  test("the file the environment names is read", () => {
    expect(loadSettings(SCHEMA, {}, { LACUNA_CONFIG: write("maxGaps = 7") }).maxGaps).toBe(7);
  });

  test("a named file that is not there is a mistake", () => {
    expect(() => loadSettings(SCHEMA, { config: join(folder, "no.toml") }, {})).toThrow(ConfigurationError);
  });

  test.each([
    ["the flag", { config: "no.toml" }, {}, "--config"],
    ["the environment", {}, { LACUNA_CONFIG: "no.toml" }, "LACUNA_CONFIG"],
  ])("%s that names a file that is not there is told apart", (_, flags, env, origin) => {
    expect(() => loadSettings(SCHEMA, flags, env)).toThrow(
      expect.objectContaining({ mistakes: [expect.objectContaining({ origin, value: "no.toml" })] }),
    );
  });

  test("a file that is not TOML is a mistake that says where", () => {
    expect(() => loadSettings(SCHEMA, { config: write("window = \n") }, {})).toThrow(
      /lacuna\.toml: Invalid TOML document.*\b1:/s,
    );
  });

  test("a file in another encoding, as editors of Windows write one, is a mistake that says so", () => {
    const config = write(Buffer.from('\ufeffwindow = "1s"', "utf16le"));
    expect(() => loadSettings(SCHEMA, { config }, {})).toThrow(/this file is no text in UTF-8/);
  });

  test('"none" reads no file', () => {
    expect(loadSettings(SCHEMA, { config: "none" }, {}).configPath).toBeNull();
  });
});
