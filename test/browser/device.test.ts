import { createSocket } from "node:dgram";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { eventually, getJson } from "../support/lacuna-process.ts";
import { hasChromium } from "./support/chromium.ts";
import { PUMP_ABSENT, PUMP_NUMBERS } from "./support/fleet.ts";
import { fleetPages } from "./support/fleet-pages.ts";
import { restingBox } from "./support/resting-box.ts";
import { accessibilityViolations, visit } from "./support/visit.ts";

describe.skipIf(!hasChromium())("a device's page", () => {
  const pages = fleetPages();
  const { withPage } = pages;
  const chart = (page: Page, label: string) => page.getByRole("img", { name: label });

  test("shows its ledger, its channels, and exactly the gaps it has", async () => {
    await withPage("#/device/pump-7?last=all", async ({ page }) => {
      await chart(page, `temperature of pump-7 over time, ${PUMP_ABSENT.length} gaps`).waitFor();
      await chart(page, `pressure of pump-7 over time, ${PUMP_ABSENT.length} gaps`).waitFor();
      await page.getByRole("cell", { name: "60 – 71" }).waitFor();
      await page.getByRole("cell", { name: "17", exact: true }).waitFor();
      await page.locator(".device-complete", { hasText: `of ${PUMP_NUMBERS} numbers` }).waitFor();
    });
  });

  test("asks for the newest runs only, says how many are left out, and shows more on request", async () => {
    const RUNS = 100_000;
    await withPage("#/", async ({ page }) => {
      await page.route("**/devices/pump-7/ledger?*", async (route) => {
        const answer = await route.fetch();
        const ledger = (await answer.json()) as { epochs: object[] };
        const most = Number(new URL(route.request().url()).searchParams.get("limit"));
        const epochs = Array.from({ length: most }, (_, at) => ({
          ...ledger.epochs[0]!,
          epoch: RUNS - most + at + 1,
        }));
        await route.fulfill({ json: { ...ledger, runs: RUNS, epochs } });
      });
      await page.goto(`${pages.fleet.api}/#/device/pump-7`);
      const table = page.getByRole("region", { name: "Table of epochs and runs" });
      const shown = async () => (await table.locator("tbody td:first-child").allInnerTexts()).map(Number);
      const button = page.getByRole("button", { name: "Show 492 of 99,992 older runs" });
      await button.waitFor();
      expect(await shown()).toEqual(Array.from({ length: 8 }, (_, at) => RUNS - at));
      await button.click();
      await page.getByText("99,500 older runs are left out: “copy as curl” has all 100,000").waitFor();
      expect(await shown()).toEqual(Array.from({ length: 500 }, (_, at) => RUNS - at));
      expect(await button.count()).toBe(0);
    });
  });

  test("what was lost on the way stands beside what is lost after recovery", async () => {
    await withPage("#/", async ({ page }) => {
      await page.route("**/devices/pump-7/ledger?limit=*", async (route) => {
        const answer = await route.fetch();
        const ledger = (await answer.json()) as { total: object };
        const total = { ...ledger.total, rawLoss: 0.021, residualLoss: 0.0003 };
        await route.fulfill({ json: { ...ledger, total } });
      });
      await page.goto(`${pages.fleet.api}/#/device/pump-7`);
      const fact = page.locator(".device-facts div", { hasText: "Raw loss, residual loss" });
      expect(await fact.locator("dd").innerText()).toBe("2.10 % → 0.030 %");
    });
  });

  test("of gaps noticed at one moment the newest numbers stand first, as of those noticed one after the other", async () => {
    await withPage("#/", async ({ page }) => {
      await page.route("**/devices/pump-7/gaps?*", async (route) => {
        const answer = await route.fetch();
        const { gaps } = (await answer.json()) as { gaps: { openedAt: string }[] };
        const [later, earlier] = [0, 1000].map((ms) => new Date(Date.now() - ms).toISOString());
        const list = Array.from({ length: 60 }, (_, at) => {
          const first = 119 - at;
          return { ...gaps[0]!, first, last: first, count: 1, openedAt: at < 40 ? later : earlier };
        });
        await route.fulfill({ json: { gaps: list, next: null } });
      });
      await page.goto(`${pages.fleet.api}/#/device/pump-7?last=all`);
      const numbers = page.locator(".gap-scroll tbody td:nth-child(2)");
      await numbers.nth(59).waitFor();
      expect((await numbers.allInnerTexts()).map(Number)).toEqual(
        Array.from({ length: 60 }, (_, at) => 119 - at),
      );
    });
  });

  test("a click on a gap shows its place in the charts, also where they were out of sight", async () => {
    const viewport = { width: 390, height: 844 };
    await withPage(
      "#/device/pump-7?last=all",
      async ({ page }) => {
        await chart(page, "pressure of pump-7 over time, 2 gaps").waitFor();
        await page.locator("tr", { hasText: "60 – 71" }).getByRole("button").click();
        await page.waitForFunction(() => location.hash.includes("from="));
        const { y, height } = await restingBox(chart(page, "pressure of pump-7 over time, 2 gaps"));
        expect(y).toBeGreaterThan(0);
        expect(y + height).toBeLessThan(viewport.height);
        expect(await page.locator(":focus").getAttribute("class")).toBe("channels");
      },
      { viewport },
    );
  });

  test("a click on a gap shows its place also where the device's clock is an hour ahead", async () => {
    const startMs = Date.now() + 3_600_000;
    for (const seq of [0, 1, 2, 6, 7])
      await pages.fleet.send("ahead", seq, (startMs + seq * 100) * 1000, { value: seq });
    await pages.fleet.heard("ahead");
    await withPage("#/device/ahead?last=all", async ({ page }) => {
      await page.locator("tr", { hasText: "3 – 5" }).getByRole("button").click();
      await page.waitForFunction(() => location.hash.includes("from="));
      await page.locator(".readout", { hasText: "7" }).waitFor();
      await chart(page, "value of ahead over time, 1 gap").waitFor();
    });
  });

  test("where nothing is in sight the page leads to the newest reading: of a device with another clock, or long silent", async () => {
    const startMs = Date.now() - 7_200_000;
    for (const seq of [0, 1, 2])
      await pages.fleet.send("behind", seq, (startMs + seq * 100) * 1000, { value: 40 + seq });
    await pages.fleet.heard("behind");
    await withPage("#/device/behind", async ({ page }) => {
      await page.locator(".readout", { hasText: "no reading in this span, the newest is of" }).waitFor();
      await page.locator(".readout").getByRole("button").click();
      await page.locator(".readout", { hasText: "42" }).waitFor();
      const parameters = new URLSearchParams(new URL(page.url()).hash.split("?")[1]);
      const [from, to] = ["from", "to"].map((name) => Date.parse(parameters.get(name)!)) as [number, number];
      expect(from).toBeLessThan(startMs);
      // as long as what was in sight before, to the buckets it is cut into
      expect(Math.abs(to - from - 300_000)).toBeLessThanOrEqual(1000);
    });
  });

  test("of a channel that fell silent long before its device it leads to the newest of that channel", async () => {
    const endMs = Date.now();
    for (const seq of [0, 1, 2, 3]) {
      const values: Record<string, number> = seq < 2 ? { speed: seq, before: 4320 + seq } : { speed: seq };
      await pages.fleet.send("renamed", seq, (endMs - (3 - seq) * 3_600_000) * 1000, values);
    }
    await pages.fleet.heard("renamed");
    await withPage("#/device/renamed", async ({ page }) => {
      const before = page.locator(".channel", { hasText: "before" }).locator(".readout");
      await before.getByRole("button").click();
      await before.filter({ hasText: "4321" }).waitFor();
    });
  });

  test("what is shown can be asked by curl", async () => {
    await withPage("#/device/pump-7?last=all", async ({ page }) => {
      const button = page.locator(".channel-title", { hasText: "temperature" }).getByRole("button");
      const command = (await button.getAttribute("title"))!;
      const [, url] = /^curl '(.+)'$/.exec(command)!;
      expect((await getJson<{ channel: string }>(url!)).channel).toBe("temperature");
    });
  });

  test.each(["light", "dark"])("has no accessibility violation in its %s colours", async (colorScheme) => {
    await withPage(
      "#/device/pump-7?last=all",
      async ({ page }) => {
        await chart(page, "pressure of pump-7 over time, 2 gaps").waitFor();
        await page.getByRole("cell", { name: "60 – 71" }).waitFor();
        expect(await accessibilityViolations(page)).toEqual([]);
      },
      { colorScheme },
    );
  });

  test("where the system brings its own colours, those that stand for something are kept", async () => {
    await withPage(
      "#/device/pump-7?last=all",
      async ({ page }) => {
        await chart(page, "pressure of pump-7 over time, 2 gaps").waitFor();
        const colours = (selector: string, property: string): Promise<number> =>
          page
            .locator(selector)
            .evaluateAll(
              (elements, name) =>
                new Set(elements.map((element) => getComputedStyle(element).getPropertyValue(name))).size,
              property,
            );
        // missing and six causes
        expect(await colours(".panel-body .swatch:not(.point)", "background-color")).toBe(7);
        expect(await colours(".nav a", "border-bottom-color")).toBe(2);
        expect(await colours(".range-bar .choice button", "background-color")).toBe(2);
        expect(await accessibilityViolations(page)).toEqual([]);
      },
      { forcedColors: "active" },
    );
  });

  test("other colours leave the stretch of time as it is", async () => {
    const series = await getJson<{ from: string }>(
      `${pages.fleet.api}/api/v1/devices/pump-7/series?channel=pressure`,
    );
    // in its middle is a reading, which is not the one in the middle of all
    const middleMs = Date.parse(series.from) + 3000;
    const [from, to] = [-60_000, 60_000].map((ms) => new Date(middleMs + ms).toISOString());
    await withPage(`#/device/pump-7?channels=pressure&from=${from}&to=${to}`, async ({ page }) => {
      await chart(page, "pressure of pump-7 over time, 2 gaps").waitFor();
      // where a mark in the middle of the chart lies in time
      const middle = async () => {
        const box = await restingBox(page.locator(".u-over"));
        await page.mouse.move(box.x + box.width / 2, box.y + 40);
        return page.locator(".readout .note", { hasText: /\d:\d/ }).innerText();
      };
      const before = await middle();
      await page.route("**/series*", () => undefined);
      for (const choice of ["light", "dark"])
        await page.getByRole("button", { name: `Change to ${choice}` }).click();
      expect(await middle()).toBe(before);
    });
  });

  test.each([-3_600_000, 3_600_000])(
    "a browser whose clock is off by %i ms shows what is new, and when it was",
    async (offMs) => {
      await pages.fleet.send("clock", 0, Date.now() * 1000, { tick: 41 });
      await pages.fleet.send("clock", 1, Date.now() * 1000, { tick: 42 });
      const { page, close } = await visit(pages.browser, pages.fleet.api, "#/");
      try {
        await page.addInitScript((off) => {
          const now = Date.now;
          Date.now = () => now() + off;
        }, offMs);
        await page.goto(`${pages.fleet.api}/#/device/clock?last=60`);
        await page.reload();
        await page
          .locator(".readout", { hasText: "41.5" })
          .or(page.locator(".readout", { hasText: "42" }))
          .waitFor();
        expect(await page.locator(".device-facts dd").first().innerText()).toMatch(/^(now|\d+ s ago)$/);
        // it says "now" for two seconds only: the device goes on until the page has said it
        let seq = 2;
        await eventually(
          async () => {
            await pages.fleet.send("clock", seq++, Date.now() * 1000, { tick: 43 });
            return page.locator(".device-facts dd").first().innerText();
          },
          (seen) => seen === "now",
        );
      } finally {
        await close();
      }
    },
  );

  test("a browser whose clock is set back goes on showing what is new", async () => {
    const count = (page: Page, numbers: number) =>
      page.locator(".device-complete", { hasText: `of ${numbers} numbers` }).waitFor();
    for (const seq of [0, 1]) await pages.fleet.send("set-back", seq, Date.now() * 1000, { tick: seq });
    await pages.fleet.heard("set-back");
    await withPage("#/", async ({ page }) => {
      await page.addInitScript(() => {
        const now = Date.now;
        let off = 0;
        Date.now = () => now() + off;
        addEventListener("setback", () => {
          off = -3_600_000;
        });
      });
      await page.goto(`${pages.fleet.api}/?#/device/set-back`);
      await count(page, 2);
      await page.locator(".connection[data-state=live]").waitFor();
      await page.evaluate(() => dispatchEvent(new Event("setback")));
      for (const seq of [2, 3]) {
        await pages.fleet.send("set-back", seq, Date.now() * 1000, { tick: seq });
        await count(page, seq + 1);
      }
    });
  });

  test("on a phone nothing is wider than the screen, however long the names are", async () => {
    const name = "w".repeat(60);
    await pages.fleet.send("wide", 0, Date.now() * 1000, { [name]: 1, b: 2 });
    await pages.fleet.heard("wide");
    await withPage(
      "#/device/wide",
      async ({ page }) => {
        await page.locator(".channel-name", { hasText: name }).waitFor();
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
      },
      { viewport: { width: 320, height: 700 } },
    );
  });

  test("where the page may not copy, the line to be copied by hand stays selected while time goes on", async () => {
    await withPage("#/", async ({ page }) => {
      // as where the page comes from another machine without TLS
      await page.addInitScript(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
      await page.goto(`${pages.fleet.api}/?#/device/pump-7`);
      const button = page.locator(".channel").first().getByRole("button", { name: "copy as curl" });
      await button.press("Enter");
      await page.locator(".curl-line:focus").waitFor();
      const selected = () => page.evaluate(() => getSelection()?.toString());
      await expect.poll(selected).toMatch(/^curl 'http:.+\/series\?channel=.+'$/);
      const line = await selected();
      // the other chart asks for a later span meanwhile
      const other = page.locator(".channel").nth(1).getByRole("button", { name: "copy as curl" });
      const before = await other.getAttribute("title");
      await expect.poll(() => other.getAttribute("title")).not.toBe(before);
      expect(await selected()).toBe(line);
    });
  });

  test("a device has its page also where URLs take its id for a step", async () => {
    await pages.fleet.send("..", 0, Date.now() * 1000, { level: 4321 });
    await eventually(
      () => getJson<{ devices: { id: string }[] }>(`${pages.fleet.api}/api/v1/devices`),
      ({ devices }) => devices.some(({ id }) => id === ".."),
    );
    await withPage("#/?search=..", async ({ page }) => {
      await page.getByRole("link", { name: "..", exact: true }).click();
      await page.locator(".readout", { hasText: "4321" }).waitFor();
      await page.getByRole("heading", { name: "Jitter and reordering" }).waitFor();
    });
  });

  test("where all readings of a device are refused, its page says why they may be", async () => {
    // the mistake of many first senders
    const values = { temperature: "21.5" } as unknown as Record<string, number>;
    await pages.fleet.send("texts", 0, Date.now() * 1000, values);
    await pages.fleet.heard("texts");
    await withPage("#/device/texts", async ({ page }) => {
      await page.getByText("No reading yet. The collector has refused readings").waitFor();
      await page.locator(".channels .empty", { hasText: "bad-value 1" }).waitFor();
    });
  });

  test("of a device without numbers nothing is said that takes numbers to know", async () => {
    for (const value of [1, 2]) await pages.fleet.send("nameless", undefined, Date.now() * 1000, { value });
    await pages.fleet.heard("nameless");
    await withPage("#/device/nameless", async ({ page }) => {
      await page.locator(".empty", { hasText: "what was lost is unknown" }).waitFor();
      await page.locator(".arrivals", { hasText: "Its datagrams have no numbers" }).waitFor();
      const total = page.getByRole("table").first().getByRole("row", { name: "All" }).locator("td.num");
      const [expected, received, inOrder, reordered, recovered, late, missing, lost] =
        await total.allInnerTexts();
      expect([expected, received, inOrder, reordered, recovered, late]).toEqual(Array(6).fill("0"));
      expect([missing, lost]).toEqual(["–", "–"]);
      expect(await page.getByText("No gap was noticed").count()).toBe(0);
      expect(await page.getByText("No number came after a greater one").count()).toBe(0);
    });
    await withPage("#/?search=nameless", async ({ page }) => {
      const cells = page.locator(".devices tr", { hasText: "nameless" }).locator("th, td");
      await cells.first().waitFor();
      // complete, missing, lost
      expect((await cells.allInnerTexts()).slice(5, 8)).toEqual(["–", "–", "–"]);
    });
  });

  test("a silence that was announced is told from one without a reason", async () => {
    const { collector, send } = pages.fleet;
    const socket = createSocket("udp4");
    for (const seq of [0, 1]) await send("sleeper", seq, Date.now() * 1000, { value: seq });
    socket.send(
      JSON.stringify({ device: "sleeper", epoch: 1, next: 2, sleep: 600 }),
      collector.ports[0]!,
      "127.0.0.1",
    );
    await pages.fleet.heard("sleeper");
    await withPage("#/device/sleeper", async ({ page }) => {
      await page.locator(".device-name", { hasText: "asleep, as it announced" }).waitFor();
    });
    await withPage("#/?search=sleeper", async ({ page }) => {
      await page.locator(".devices .status", { hasText: "online, asleep" }).waitFor();
    });
    socket.close();
  });

  test("a stray percent sign in the URL breaks nothing", async () => {
    await withPage("#/device/pump-7?channels=50%25,pressure", async ({ page }) => {
      await page.locator(".channel-name", { hasText: "pressure" }).waitFor();
    });
  });

  test("a device nobody knows is said to be unknown", async () => {
    const { page, close } = await visit(pages.browser, pages.fleet.api, "#/device/no%2Fsuch");
    await page.locator("text=There is no device “no/such”").waitFor();
    await close();
  });
});
