import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PROBLEMS } from "../../api/problems.ts";
import { createProgram } from "../../cli/program.ts";
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

test("docs/api.md names every route and every error code", async () => {
  const text = page("api.md");
  const { get } = await testApi();
  for (const { path } of operationsOf((await get("/openapi.json")).json)) expect(text).toContain(path);
  for (const code of Object.keys(PROBLEMS)) expect(text).toContain(`\`${code}\``);
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
