import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { FINDING_CODES } from "../../api/findings/finding.ts";
import { PROBLEMS } from "../../api/problems.ts";
import { createProgram } from "../../cli/program.ts";
import { APPLICATION_ID, MIGRATIONS } from "../../db/schema/migrations.ts";
import { EVENT_KINDS } from "../../protocol/batch.ts";
import { testApi } from "../support/api.ts";
import { operationsOf } from "../support/openapi.ts";
import { configurationPage } from "./configuration-page.ts";
import { metricsPage } from "./metrics-page.ts";

const DOCS = join(import.meta.dirname, "../../docs");
const page = (name: string): string => readFileSync(join(DOCS, name), "utf8");

// `npx vitest run --project unit test/docs -u` writes them anew
test("docs/configuration.md is what the schema of the options says", async () => {
  await expect(configurationPage()).toMatchFileSnapshot(join(DOCS, "configuration.md"));
});

test("docs/metrics.md is what the tables of metrics say", async () => {
  await expect(metricsPage()).toMatchFileSnapshot(join(DOCS, "metrics.md"));
});

/** The table whose head begins with these words, row by row; of each cell the words in backticks, or all of it where there are none. */
const tableOf = (text: string, ...head: string[]): string[][][] => {
  const lines = text.split("\n");
  const cells = (line: string): string[] =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim());
  const isHead = (line: string): boolean => head.every((word, index) => cells(line)[index] === word);
  const rows = lines.slice(lines.findIndex(isHead) + 2);
  const words = (cell: string): string[] =>
    cell.includes("`") ? Array.from(cell.matchAll(/`([^`]+)`/g), ([, word]) => word!) : [cell];
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith("|")),
    )
    .map((line) => cells(line).map(words));
};

test("docs/api.md names every route", async () => {
  const text = page("api.md");
  const { get } = await testApi();
  for (const { path } of operationsOf((await get("/openapi.json")).json)) expect(text).toContain(path);
});

test("docs/api.md has every error code with its status, every kind of event, every finding, and no others", () => {
  const text = page("api.md");
  const errors = tableOf(text, "status", "`code`").map(([status, code]) => [...code!, Number(status)]);
  expect(errors.toSorted()).toEqual(Object.entries(PROBLEMS).toSorted());
  const events = tableOf(text, "of", "`kind`").flatMap(([, kinds]) => kinds!);
  expect(events.toSorted()).toEqual(EVENT_KINDS.toSorted());
  const findings = tableOf(text, "code", "severity").flatMap(([code]) => code!);
  expect(findings.toSorted()).toEqual(FINDING_CODES.toSorted());
});

test("docs/ledger.md names a test of every rule, which is there", () => {
  const text = page("ledger.md");
  const ofRules = tableOf(text, "rule", "file", "test").map((cells) => cells.map(([words]) => words!));
  expect(new Set(ofRules.map(([rule]) => rule))).toEqual(
    new Set(tableOf(text, "rule", "").map(([rule]) => rule![0])),
  );
  const missing = ofRules.filter(([rule, file, test]) => {
    const folder = file!.startsWith("recovery/") ? "../test/collector" : "../test/collector/tracker";
    // what follows an ellipsis tells what the test looks at
    const [name] = test!.split(" …");
    const tests = page(`${folder}/${file}`);
    return !tests.includes(`"${rule}: ${name}`) && !tests.includes(`"${name}`);
  });
  expect(missing).toEqual([]);
});

test("docs/storage.md marks what was saved of a damaged database as this schema's", () => {
  const pragmas = `'pragma application_id = ${APPLICATION_ID}; pragma user_version = ${MIGRATIONS.length}'`;
  expect(page("storage.md")).toContain(pragmas);
});

test("docs/storage.md has every table and view of a database, and no others", () => {
  const db = new Database(":memory:");
  for (const migration of MIGRATIONS) db.exec(migration);
  const named = db.prepare("SELECT name FROM sqlite_master WHERE type = ? ORDER BY name").pluck();
  for (const type of ["table", "view"] as const) {
    const told = tableOf(page("storage.md"), type).flatMap(([name]) => name!);
    expect(told.toSorted()).toEqual(named.all(type));
  }
});

test("docs/cli.md names every command", () => {
  const text = page("cli.md");
  for (const command of createProgram("1", () => {}).commands)
    expect(text).toContain(`| \`lacuna ${command.name()}\` |`);
});

test("every run-time dependency has its line in docs/decisions", () => {
  const { dependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(DOCS, "../package.json"), "utf8"),
  );
  const text = readdirSync(join(DOCS, "decisions"))
    .map((name) => page(`decisions/${name}`))
    .join("\n");
  const missing = Object.keys({ ...dependencies, ...optionalDependencies }).filter(
    (name) => !text.includes(`| \`${name}\` |`),
  );
  expect(missing).toEqual([]);
});

test("an installation needs no Python and no compiler: the only install script it runs is that of node", () => {
  const { allowScripts } = JSON.parse(readFileSync(join(DOCS, "../package.json"), "utf8"));
  // npm asks about each it knows of, and calls node-gyp where it is not told otherwise
  expect(allowScripts).toEqual({ "better-sqlite3": false, koffi: false, node: true });
});
