import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";

/** A page that is watched: what it must not do is collected. */
export interface Visit {
  page: Page;
  /** errors on the console, exceptions, requests to elsewhere */
  complaints: string[];
  close(): Promise<void>;
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** @param hash - such as `#/raster` */
export const visit = async (
  browser: Browser,
  api: string,
  hash: string,
  options: BrowserContextOptions = {},
): Promise<Visit> => {
  // axe is put into the page, which allows no script but its own
  const context = await browser.newContext({ bypassCSP: true, ...options });
  // a limit is for what hangs: the deadline is the test's own
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning")
      complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`exception: ${error.message}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(`${api}/`) && !request.url().startsWith("data:"))
      complaints.push(`request to ${request.url()}`);
  });
  await page.goto(`${api}/${hash}`);
  const close = async (): Promise<void> => {
    // a question that a test answers itself may be under way: of that nobody would hear but the whole run, as an error nobody caught
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await context.close();
  };
  return { page, complaints, close };
};

interface AxeResult {
  violations: { id: string; help: string; nodes: { html: string; failureSummary: string }[] }[];
}

/** What axe-core finds wrong with the page, one line each. */
export const accessibilityViolations = async (page: Page): Promise<string[]> => {
  await page.evaluate(AXE);
  const { violations } = (await page.evaluate("axe.run(document)")) as AxeResult;
  return violations.map(
    ({ id, help, nodes }) => `${id}: ${help}: ${nodes[0]!.html} ${nodes[0]!.failureSummary}`,
  );
};
