import { createSocket } from "node:dgram";
import type { Locator, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { eventually, getJson } from "../support/lacuna-process.ts";
import { hasChromium } from "./support/chromium.ts";
import { PUMP_ABSENT, PUMP_NUMBERS } from "./support/fleet.ts";
import { fleetPages } from "./support/fleet-pages.ts";
import { accessibilityViolations, visit } from "./support/visit.ts";

/** Where an element is once the page around it has taken its shape. */
const restingBox = async (element: Locator) => {
  const box = async () => JSON.stringify(await element.boundingBox());
  let before = "";
  const place = await eventually(box, (now) => {
    const rests = now !== "null" && now === before;
    before = now;
    return rests;
  });
  return JSON.parse(place) as { x: number; y: number; width: number; height: number };
};

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

  test("those who hear a chart are told of all its gaps, also of those that are too many to be shaded", async () => {
    await withPage("#/", async ({ page }) => {
      await page.route("**/devices/pump-7/series?channel=temperature*", async (route) => {
        const answer = await route.fetch();
        await route.fulfill({ json: { ...((await answer.json()) as object), gapsLeftOut: 8180 } });
      });
      await page.goto(`${pages.fleet.api}/#/device/pump-7?last=all`);
      await page.getByText("only the longest gaps are shaded").waitFor();
      await chart(page, `temperature of pump-7 over time, 8,182 gaps`).waitFor();
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

  test("shades the place of a loss in the colour of its cause, and nothing else", async () => {
    const { gaps } = await getJson<{ gaps: { first: number; from: string; to: string; cause: string }[] }>(
      `${pages.fleet.api}/api/v1/devices/pump-7/series?channel=pressure`,
    );
    const series = await getJson<{ from: string; to: string }>(
      `${pages.fleet.api}/api/v1/devices/pump-7/series?channel=pressure`,
    );
    const burst = gaps.find(({ first }) => first === 60)!;
    const share = (time: string): number =>
      (Date.parse(time) - Date.parse(series.from)) / (Date.parse(series.to) - Date.parse(series.from));
    await withPage("#/device/pump-7?last=all", async ({ page }) => {
      const place = chart(page, "pressure of pump-7 over time, 2 gaps");
      await place.waitFor();
      const shades = () =>
        place.evaluate((element, cause) => {
          const canvas = element.querySelector("canvas")!;
          const over = element.querySelector(".u-over")!.getBoundingClientRect();
          const box = canvas.getBoundingClientRect();
          const scale = canvas.width / box.width;
          // a copy: the browser complains of a canvas that is read again and again
          const copy = new OffscreenCanvas(canvas.width, canvas.height);
          const context = copy.getContext("2d", { willReadFrequently: true })!;
          context.drawImage(canvas, 0, 0);
          // one line of pixels through the strip at the foot of the chart
          const y = Math.round((over.bottom - box.top - 2) * scale);
          const left = Math.round((over.left - box.left) * scale);
          const width = Math.round(over.width * scale);
          const colour = getComputedStyle(document.documentElement).getPropertyValue(`--bin-${cause}`).trim();
          const pixels = context.getImageData(left, y, width, 1).data;
          const wanted = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
          return Array.from({ length: width }, (_, x) =>
            wanted.every((part, index) => Math.abs(pixels[x * 4 + index]! - part) < 12),
          );
        }, burst.cause);
      // the label comes with the data, the picture with the frame after it; where the clock wants it a line of the grid crosses the place
      const shadedAt = await eventually(shades, (shaded) => {
        const within = shaded.slice(share(burst.from) * shaded.length, share(burst.to) * shaded.length);
        return within.filter(Boolean).length > 0.9 * within.length;
      });
      const width = shadedAt.length;
      expect(shadedAt[Math.round(share(burst.from) * width) - 20]).toBe(false);
      expect(shadedAt[Math.round(share(burst.to) * width) + 20]).toBe(false);
    });
  });

  test("a value is seen within a second of its datagram", async () => {
    await withPage("#/device/fan-1", async ({ page }) => {
      await page.locator(".readout", { hasText: "1119" }).waitFor();
      await page.locator(".connection[data-state=live]").waitFor();
      const delays: number[] = [];
      // again when the machine had something else to do just then
      while (delays.length < 10 && !delays.some((delayMs) => delayMs < 1000)) {
        const speed = 4321 + delays.length;
        const sentAt = Date.now();
        await pages.fleet.send("fan-1", PUMP_NUMBERS + delays.length, sentAt * 1000, { speed });
        await page.locator(".readout", { hasText: String(speed) }).waitFor();
        delays.push(Date.now() - sentAt);
      }
      expect(Math.min(...delays)).toBeLessThan(1000);
    });
  });

  test("a stretch drawn with the mouse becomes the view, the URL has it, the way back leads out", async () => {
    await withPage("#/device/pump-7?last=all", async ({ page }) => {
      const over = chart(page, "pressure of pump-7 over time, 2 gaps").locator(".u-over");
      await over.scrollIntoViewIfNeeded();
      const box = await restingBox(over);
      await page.mouse.move(box.x + box.width * 0.25, box.y + 40);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.5, box.y + 60, { steps: 4 });
      await page.mouse.up();
      await page.waitForFunction(() => location.hash.includes("from="));
      const { hash } = new URL(page.url());
      const parameters = new URLSearchParams(hash.split("?")[1]);
      const length = Date.parse(parameters.get("to")!) - Date.parse(parameters.get("from")!);
      expect(length).toBeGreaterThan(2000);
      expect(length).toBeLessThan(4500);
      await page.goBack();
      await page.waitForFunction(() => location.hash.includes("last=all"));
    });
  });

  test("arrow keys move in time, plus and minus zoom, Home shows all", async () => {
    await withPage("#/device/pump-7?last=all", async ({ page }) => {
      await chart(page, "pressure of pump-7 over time, 2 gaps").waitFor();
      const span = () =>
        page.evaluate(() => {
          const parameters = new URLSearchParams(location.hash.split("?")[1]);
          return [parameters.get("from"), parameters.get("to")].map((time) => Date.parse(time ?? "")) as [
            number,
            number,
          ];
        });
      // what the keys begin at
      await page.locator(".range-text", { hasText: /\d/ }).waitFor();
      await page.locator(".channels").focus();
      await page.keyboard.press("+");
      await page.waitForFunction(() => location.hash.includes("from="));
      const [from, to] = await span();
      await page.locator(".range-text", { hasText: "6 s" }).waitFor();
      await page.keyboard.press("ArrowLeft");
      await expect.poll(async () => (await span())[0]).toBeLessThan(from);
      await page.keyboard.press("Home");
      await page.waitForFunction(() => location.hash.includes("last=all"));
      expect(to - from).toBeLessThan(8000);
    });
  });

  test("a click on a gap shows its place in the charts", async () => {
    await withPage("#/device/pump-7?last=all", async ({ page }) => {
      await page.locator("tr", { hasText: "60 – 71" }).getByRole("button").click();
      await page.waitForFunction(() => location.hash.includes("from="));
    });
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

  test("the last value of a channel that has fallen silent says of when it is", async () => {
    const endMs = Date.now();
    const before = [120, 119, 60, 0].map((seconds) => (endMs - seconds * 1000) * 1000);
    for (const [seq, values] of [{ a: 1, b: 7 }, { a: 2 }, { b: 8 }, { b: 9 }].entries())
      await pages.fleet.send("half", seq, before[seq]!, values as Record<string, number>);
    await pages.fleet.heard("half");
    await withPage("#/device/half", async ({ page }) => {
      const readout = (name: string) =>
        page
          .locator(".channel-title", { has: page.locator(`.channel-name:text-is("${name}")`) })
          .locator(".readout");
      // of b, which comes once a minute, nothing is overdue
      await expect.poll(() => readout("b").innerText()).toBe("9");
      expect(await readout("a").innerText()).toMatch(/^\d\d:\d\d:\d\d 2$/);
    });
  });

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
    socket.close();
  });

  test("huge and tiny values have a line and an axis, and the times of all charts lie below each other", async () => {
    const names = ["huge", "tiny", "both", "usual", "none"];
    const socket = createSocket("udp4");
    const endMs = Date.now();
    for (let seq = 0; seq < 20; seq++) {
      const values = { huge: 1.7e308, tiny: 5e-324, both: seq % 2 ? 1e300 : -1e300, usual: seq, none: "NaN" };
      const text = JSON.stringify({
        device: "odd",
        epoch: 1,
        seq,
        time_ms: endMs - (20 - seq) * 100,
        values,
      });
      await new Promise((sent) => socket.send(text, pages.fleet.collector.ports[0]!, "127.0.0.1", sent));
    }
    socket.close();
    await pages.fleet.heard("odd");
    await withPage(`#/device/odd?last=all&channels=${names}`, async ({ page }) => {
      /** Of each chart: where times begin, whether there is text on its axis of values, and a line. */
      const seen = () =>
        page.locator(".chart").evaluateAll((charts) =>
          charts.map((chart) => {
            const canvas = chart.querySelector("canvas")!;
            const over = chart.querySelector<HTMLElement>(".u-over")!;
            const copy = new OffscreenCanvas(canvas.width, canvas.height);
            const context = copy.getContext("2d", { willReadFrequently: true })!;
            context.drawImage(canvas, 0, 0);
            const isDrawn = (left: number, width: number, height: number, isInk: (at: number) => boolean) => {
              if (width < 1) return false;
              const { data } = context.getImageData(left, 0, width, height);
              return Array.from({ length: data.length / 4 }, (_, pixel) => pixel * 4).some(
                (at) => data[at + 3]! > 200 && isInk(data[at + 2]! - data[at]!),
              );
            };
            const { offsetLeft, offsetTop, offsetWidth, offsetHeight } = over;
            return [
              offsetLeft,
              isDrawn(0, offsetLeft - 8, offsetTop + offsetHeight - 8, () => true),
              // of the line's colour, which is bluer than the grid's
              isDrawn(offsetLeft, offsetWidth, offsetTop + offsetHeight, (blue) => blue > 60),
            ];
          }),
        );
      const usual = [expect.any(Number), true, true];
      await expect.poll(seen).toEqual([usual, usual, usual, usual, [expect.any(Number), false, false]]);
      expect(new Set((await seen()).map(([first]) => first)).size).toBe(1);
    });
  });

  test("nothing is cut off at the axis of a chart, and the times of all charts lie below each other", async () => {
    for (let seq = 0; seq < 3; seq++)
      await pages.fleet.send("meter", seq, Date.now() * 1000, { energy: -123_456_700 - seq, power: seq + 2 });
    await pages.fleet.heard("meter");
    await withPage("#/device/meter?last=all", async ({ page }) => {
      await page.locator(".readout", { hasText: /\d/ }).nth(1).waitFor();
      /** Of each chart: where times begin, and whether the left edge of the canvas is free of ink. */
      const seen = () =>
        page.locator(".chart").evaluateAll((charts) =>
          charts.map((chart) => {
            const canvas = chart.querySelector("canvas")!;
            const copy = new OffscreenCanvas(canvas.width, canvas.height);
            const context = copy.getContext("2d", { willReadFrequently: true })!;
            context.drawImage(canvas, 0, 0);
            const { data } = context.getImageData(0, 0, 1, canvas.height);
            const { offsetLeft } = chart.querySelector<HTMLElement>(".u-over")!;
            return [offsetLeft, data.every((part) => part === 0)];
          }),
        );
      await expect.poll(async () => (await seen()).map(([, isFree]) => isFree)).toEqual([true, true]);
      await expect.poll(async () => new Set((await seen()).map(([left]) => left)).size).toBe(1);
    });
  });

  test("a reading whose neighbours are lost is seen, however many there are", async () => {
    const startUs = (Date.now() - 60_000) * 1000;
    for (let seq = 0; seq <= 300; seq += 2)
      await pages.fleet.send("every-second", seq, startUs + seq * 100_000, { value: seq % 7 });
    await pages.fleet.heard("every-second");
    await withPage("#/device/every-second?last=all", async ({ page }) => {
      const place = chart(page, "value of every-second over time, 150 gaps");
      await place.waitFor();
      /** How many columns of pixels have something of the line's colour. */
      const columns = () =>
        place.evaluate((element) => {
          const canvas = element.querySelector("canvas")!;
          const copy = new OffscreenCanvas(canvas.width, canvas.height);
          const context = copy.getContext("2d", { willReadFrequently: true })!;
          context.drawImage(canvas, 0, 0);
          const { data, width } = context.getImageData(0, 0, canvas.width, canvas.height);
          const inked = Array.from({ length: data.length / 4 }, (_, pixel) => pixel).filter(
            (pixel) => data[pixel * 4 + 3]! > 200 && data[pixel * 4 + 2]! - data[pixel * 4]! > 60,
          );
          return new Set(inked.map((pixel) => pixel % width)).size;
        });
      // each of them at least as wide as one pixel
      await expect.poll(columns).toBeGreaterThanOrEqual(151);
    });
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
