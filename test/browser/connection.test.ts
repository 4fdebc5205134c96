import Database from "better-sqlite3";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeToken } from "../../cli/options/http-token.ts";
import { getJson } from "../support/lacuna-process.ts";
import { hasChromium, launchChromium } from "./support/chromium.ts";
import { PUMP_NUMBERS, startFleet } from "./support/fleet.ts";
import { accessibilityViolations, visit } from "./support/visit.ts";

describe.skipIf(!hasChromium())("the way to the collector", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  test("a lost connection is said, what is shown looks old, and it heals by itself when the collector is back", async () => {
    const fleet = await startFleet();
    const { page, close } = await visit(browser, fleet.api, "#/device/fan-1");
    try {
      await page.locator(".readout", { hasText: "1119" }).waitFor();
      await fleet.restart(async () => {
        // while it stops it may still answer that it cannot, and the page may be late to hear that
        await page.locator(".connection", { hasText: "no answer" }).waitFor();
        await page.locator(".content[data-stale]").waitFor();
        await page.locator(".stale-note", { hasText: "The collector does not answer." }).waitFor();
        await page.locator(".range-text", { hasText: /^the last 5 min$/ }).waitFor();
      });
      await page.locator(".stale-note").waitFor({ state: "detached" });
      await fleet.send("fan-1", PUMP_NUMBERS, Date.now() * 1000, { speed: 4321 });
      await page.locator(".readout", { hasText: "4321" }).waitFor();
    } finally {
      await close();
      await fleet.close();
    }
  });

  test("a database that takes nothing is told on every page, and where to read what to do, until it does again", async () => {
    const fleet = await startFleet();
    const { page, complaints, close } = await visit(browser, fleet.api, "#/");
    const { database } = await getJson<{ database: { path: string } }>(`${fleet.api}/api/v1/status`);
    const other = new Database(database.path);
    const note = page.locator(".trouble-note");
    try {
      await page.locator(".hero-facts").waitFor();
      expect(await note.count()).toBe(0);
      other.exec("BEGIN IMMEDIATE");
      await fleet.send("fan-1", PUMP_NUMBERS, Date.now() * 1000, { speed: 4321 });
      await note.waitFor();
      expect(await note.innerText()).toMatch(
        /^The database is FAILING: .*SQLITE_BUSY.* losses may not show yet\./,
      );
      // it is here, and a crash would lose it
      const notStored = page.locator(".hero-verdict", { hasText: "1 number is not stored yet." });
      await notStored.waitFor();
      expect(await accessibilityViolations(page)).toEqual([]);
      await note.getByRole("link", { name: "What to do" }).click();
      await page.locator(".finding-fix", { hasText: database.path }).waitFor();
      expect(await note.count()).toBe(0);
      await page.goBack();
      await note.waitFor();
      other.exec("ROLLBACK");
      await note.waitFor({ state: "detached" });
      await notStored.waitFor({ state: "detached" });
      expect(complaints).toEqual([]);
    } finally {
      other.close();
      await close();
      await fleet.close();
    }
  });

  test("a thread that has stalled is told on every page, until it goes on", async () => {
    const fleet = await startFleet();
    const { page, close } = await visit(browser, fleet.api, "#/");
    const sentence = "The thread ingest has said nothing for ten seconds.";
    try {
      const status = await getJson(`${fleet.api}/api/v1/status`);
      const findings = [
        { code: "thread-stalled", severity: "problem", sentence, fix: null, listener: null },
        { code: "kernel-drops", severity: "problem", sentence: "That was.", fix: null, listener: null },
      ];
      await page.route("**/api/v1/status", (route) => route.fulfill({ json: { ...status, findings } }));
      const note = page.locator(".trouble-note");
      await note.waitFor();
      expect(await note.allInnerTexts()).toEqual([expect.stringContaining(sentence)]);
      await page.unroute("**/api/v1/status");
      await note.waitFor({ state: "detached" });
    } finally {
      await close();
      await fleet.close();
    }
  });

  test("a collector that hangs is not called live, and a reader is told once that it does not answer", async () => {
    const fleet = await startFleet();
    const { page, close } = await visit(browser, fleet.api, "#/device/fan-1");
    const connection = page.locator(".connection");
    try {
      await page.locator(".connection[data-state=live]").waitFor();
      // the states it is in, one of them for a second or two only
      const states = await page.evaluateHandle(() => {
        const seen: (string | undefined)[] = [];
        const look = (): void => {
          const { state } = document.querySelector<HTMLElement>(".connection")!.dataset;
          if (seen.at(-1) !== state) seen.push(state);
        };
        look();
        const changes = { attributes: true, childList: true, subtree: true };
        new MutationObserver(look).observe(document.querySelector(".top")!, changes);
        return seen;
      });
      fleet.collector.process.signal("SIGSTOP");
      await page.locator(".connection[data-state=lost]").waitFor();
      expect(await states.jsonValue()).toEqual(["live", "waiting", "lost"]);
      const heard = () =>
        connection.evaluate((element) => {
          const copy = element.cloneNode(true) as Element;
          for (const hidden of copy.querySelectorAll("[aria-hidden]")) hidden.remove();
          return copy.textContent;
        });
      expect(await heard()).toBe("no answer");
      expect(await connection.innerText()).toMatch(/^no answer\s+for \d/);
    } finally {
      fleet.collector.process.signal("SIGCONT");
      await close();
      await fleet.close();
    }
  });

  test("questions that are refused are said, from when what is shown instead is, and that is over when they are answered", async () => {
    const fleet = await startFleet();
    const { page, close } = await visit(browser, fleet.api, "#/");
    const note = page.locator(".stale-note");
    try {
      await page.locator(".hero-facts").waitFor();
      await page.route("**/api/v1/ledger", (route) =>
        route.fulfill({ status: 503, json: { detail: "the query took longer than 5 s" } }),
      );
      await note.filter({ hasText: "the query took longer than 5 s" }).waitFor();
      expect(await note.innerText()).toMatch(/Part of what you see is from \d\d:\d\d:\d\d\./);
      expect(await page.locator(".connection").innerText()).toBe("answers in part");
      await page.unroute("**/api/v1/ledger");
      await note.waitFor({ state: "detached" });
      await page.locator(".connection[data-state=live]").waitFor();
    } finally {
      await close();
      await fleet.close();
    }
  });

  test("a collector that wants a token gets one from the reader", async () => {
    const access = makeToken("read", "reader");
    const fleet = await startFleet(access);
    const { page, close } = await visit(browser, fleet.api, "#/");
    const said = page.locator(".connection");
    try {
      await said.filter({ hasText: "no token" }).waitFor();
      expect(await page.locator(".stale-note").count()).toBe(0);
      // the second cannot even be sent
      for (const wrong of ["wrong", "tökén’s"]) {
        // no click is needed, neither at first nor after one that is not valid
        await page.locator("input[type=password]:focus").waitFor();
        await page.keyboard.insertText(wrong);
        await page.keyboard.press("Enter");
        await page.locator("text=The one given is not valid").waitFor();
        await page.locator("input[type=password]:focus").waitFor();
        await page.reload();
        await said.filter({ hasText: "no token" }).waitFor();
      }
      await page.getByLabel("Token").fill(access.token);
      await page.getByRole("button", { name: "Use it" }).click();
      await page.locator(".devices th.id", { hasText: "pump-7" }).waitFor();
      await said.filter({ hasText: "live" }).waitFor();
      // the lines it gives to be copied take it from where the commands take it
      await page.goto(`${fleet.api}/#/device/pump-7`);
      const line = await page.getByRole("button", { name: "copy as curl" }).first().getAttribute("title");
      expect(line).toMatch(/^curl -H "Authorization: Bearer \$LACUNA_API_TOKEN" 'http:[^']+'$/);
    } finally {
      await close();
      await fleet.close();
    }
  });
});
