import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkImports } from "./check-imports.ts";
import { DATAGRAM_PATH, MAY_IMPORT } from "./rules.ts";

const ROOT = join(import.meta.dirname, "../..");

const sourcesOf = (folder: string): [string, string][] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(tsx?|js)$/.test(name))
    .map((name) => {
      const file = join(folder, name);
      return [file.replaceAll("\\", "/"), readFileSync(join(ROOT, file), "utf8")];
    });

const repository = new Map(Object.keys(MAY_IMPORT).flatMap(sourcesOf));

/** The violations of a file of the given text in a small repository. */
const plant = (file: string, text: string): string[] => {
  const others = ["protocol/constants.ts", "api/problems.ts", "test/support/rows.ts"];
  return checkImports(new Map([...others.map((name): [string, string] => [name, ""]), [file, text]]));
};

test("the repository's imports point one way, and each folder touches of the outside world only what it may", () => {
  expect(checkImports(repository)).toEqual([]);
});

test("the table of folders is the one in ARCHITECTURE.md", () => {
  const text = readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8");
  for (const [folder, allowed] of Object.entries(MAY_IMPORT)) {
    const line = text.split("\n").find((row) => row.startsWith("|") && row.includes(`\`${folder}/\``))!;
    const cell = line.split("|").at(3)!;
    if (cell.trim() === "all")
      expect(allowed.filter((name) => !["test", "web"].includes(name))).toHaveLength(7);
    else expect(Array.from(cell.matchAll(/`(\w+)`/g), ([, name]) => name)).toEqual(allowed);
  }
});

test("what is named as the datagram path is there", () => {
  expect(DATAGRAM_PATH.filter((file) => !repository.has(file))).toEqual([]);
});

test("ARCHITECTURE.md names each folder inside the large ones, and no other", () => {
  const text = readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8");
  const [, section = ""] = /### Inside the large folders\n(.*?)\n## /s.exec(text) ?? [];
  let within = "";
  const named = Array.from(section.matchAll(/`([\w/]+)\/`/g), ([, name]) => name!).map((name) => {
    within = name.includes("/") || name === "cli" ? name : within;
    return name.includes("/") || name === "cli" ? name : `${within}/${name}`;
  });
  const there = ["collector", "collector/tracker", "db", "api", "simulator", "cli"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `${folder}/${name}`),
  );
  expect(named.filter((name) => name !== "cli").toSorted()).toEqual(there.toSorted());
});

describe("a planted violation is named", () => {
  const forbidden: [string, string, string][] = [
    ["static import", 'import { LacunaError } from "../api/problems.ts";', "protocol/ must not import api/"],
    ["type import", 'import type { Problem } from "../api/problems.ts";', "protocol/ must not import api/"],
    ["re-export", 'export * from "../api/problems.ts";', "protocol/ must not import api/"],
    ["import for its effects", 'import "../api/problems.ts";', "protocol/ must not import api/"],
    ["dynamic import", 'const api = await import("../api/problems.ts");', "protocol/ must not import api/"],
    [
      "worker file",
      'new Worker(new URL("../api/problems.ts", import.meta.url));',
      "protocol/ must not import api/",
    ],
    [
      "import over several lines",
      'import {\n  ApiError,\n  type Problem,\n} from "../api/problems.ts";',
      "protocol/ must not import api/",
    ],
    [
      "import of a test",
      'import { rowOf } from "../test/support/rows.ts";',
      "protocol/ must not import test/",
    ],
    ["import without suffix", 'import { KIND } from "./constants";', "a relative import ends in .ts"],
    ["import of nothing", 'import { KIND } from "./nothing.ts";', "which does not exist"],
    ["driver outside its home", 'import Database from "better-sqlite3";', "which belongs in db/"],
    ["wall clock", "export const now = () => Date.now();", "reads the real wall clock"],
    ["wall clock by a Date", "export const now = () => new Date();", "reads the real wall clock"],
    ["monotonic clock", "export const now = () => performance.now();", "reads a real clock"],
    ["environment", "export const home = process.env.HOME;", "reads the environment"],
    ["console inside a template", "export const x = `$" + "{console.log(1)}`;", "writes to the console"],
  ];
  test.each(forbidden)("%s", (_name, text, sentence) => {
    expect(plant("protocol/planted.ts", text)).toEqual([expect.stringContaining(sentence)]);
  });

  test("a clock or a socket in a command", () => {
    const text = 'import { createSocket } from "node:dgram";\nexport const now = () => Date.now();';
    expect(plant("cli/planted.ts", text)).toEqual([
      expect.stringContaining("which belongs in collector/, simulator/"),
      expect.stringContaining("reads the real wall clock: only common/ may"),
    ]);
    expect(plant("cli/planted.ts", "export const home = process.env.HOME;")).toEqual([]);
  });

  test("a constant by name on the datagram path", () => {
    const text = 'import { KIND, type Kind } from "./constants.ts";';
    expect(plant("protocol/decode.ts", text)).toEqual([expect.stringContaining("imports KIND by name")]);
    expect(plant("protocol/planted.ts", text)).toEqual([]);
  });

  test("cycle of two files", () => {
    const files = new Map([
      ["db/a.ts", 'import { b } from "./b.ts";'],
      ["db/b.ts", 'import { a } from "./a.ts";'],
    ]);
    expect(checkImports(files)).toEqual(["cycle of files: db/a.ts -> db/b.ts -> db/a.ts"]);
  });

  test("cycle of three files, one edge a type", () => {
    const files = new Map([
      ["db/a.ts", 'import { b } from "./b.ts";'],
      ["db/b.ts", 'import { c } from "./deep/c.ts";'],
      ["db/deep/c.ts", 'import type { A } from "../a.ts";'],
    ]);
    expect(checkImports(files)).toEqual(["cycle of files: db/a.ts -> db/b.ts -> db/deep/c.ts -> db/a.ts"]);
  });

  test("cycle of folders without a cycle of files", () => {
    const files = new Map([
      ["db/a.ts", 'import { b } from "../protocol/b.ts";'],
      ["protocol/b.ts", ""],
      ["protocol/c.ts", 'import { d } from "../db/d.ts";'],
      ["db/d.ts", ""],
    ]);
    expect(checkImports(files)).toContain("cycle of folders: db -> protocol -> db");
  });
});

describe("what only looks like a violation is none", () => {
  const harmless: [string, string][] = [
    ["an import in a line comment", '// import { a } from "../api/a.ts";'],
    ["an import in a block comment", '/* import { a } from "../api/a.ts"; */'],
    ["an import in a string", "export const text = 'import { a } from \"../api/a.ts\"';"],
    ["a clock in a template's text", "export const text = `Date.now()`;"],
    ["a quote in a regular expression", 'export const quote = /["\']/;\n// console.log("x")'],
    ["a URL of a data file", 'export const url = new URL("../package.json", import.meta.url);'],
    ["a Date made of a number", "export const at = new Date(0);"],
    ["a division", 'export const half = 1 / 2; // "\nexport const third = 1 / 3;'],
  ];
  test.each(harmless)("%s", (_name, text) => {
    expect(plant("protocol/planted.ts", text)).toEqual([]);
  });
});
