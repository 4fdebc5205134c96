import { createSocket } from "node:dgram";
import type { Locator, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { eventually, getJson } from "../support/lacuna-process.ts";
import { hasChromium } from "./support/chromium.ts";
import { PUMP_NUMBERS } from "./support/fleet.ts";
import { fleetPages } from "./support/fleet-pages.ts";
import { restingBox } from "./support/resting-box.ts";

/** A stretch of a chart, drawn with the mouse. */
const drawSecondQuarter = async (page: Page, over: Locator): Promise<void> => {
  await over.scrollIntoViewIfNeeded();
  const box = await restingBox(over);
  await page.mouse.move(box.x + box.width * 0.25, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 60, { steps: 4 });
  await page.mouse.up();
};

describe.skipIf(!hasChromium())("the charts of a device", () => {
  const pages = fleetPages();
  const { withPage } = pages;
  const chart = (page: Page, label: string) => page.getByRole("img", { name: label });

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

  test("charts that follow the time do so again after the viewer's clock was an hour ahead for a moment", async () => {
    await withPage("#/", async ({ page }) => {
      await page.clock.install({ time: Date.now() });
      await page.goto(`${pages.fleet.api}/#/device/fan-1`);
      const askedAheadMs = (url: string): number =>
        Date.parse(new URL(url).searchParams.get("to") ?? "") - Date.now();
      const answered = (isAhead: boolean) =>
        page.waitForResponse(
          (response) =>
            response.url().includes("/series") && askedAheadMs(response.url()) > 1_800_000 === isAhead,
        );
      await answered(false);
      await page.clock.setSystemTime(Date.now() + 3_600_000);
      const isTold = answered(true);
      // looked at again, it asks at once: no other answer has told it the collector's clock by then
      await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
      await isTold;
      // when the second is asked for the first has been drawn
      for (let answer = 0; answer < 2; answer++) await answered(false);
      await page.locator(".channels").press("ArrowLeft");
      const parameters = new URLSearchParams(new URL(page.url()).hash.split("?")[1]);
      expect(Date.parse(parameters.get("to")!)).toBeLessThan(Date.now());
    });
  });

  test("answers for a moment that is never asked for again do not fill the browser's cache", async () => {
    await withPage("#/", async ({ page }) => {
      // what a browser sends when it keeps an answer, and when it does not
      const asked = new Map<string, string[]>();
      page.on("requestfinished", async (request) => {
        // of one that is under way when the test ends nobody is told
        const headers: Record<string, string> = await request.allHeaders().catch(() => ({}));
        const how = headers["cache-control"] === "max-age=0" ? "kept" : "not kept";
        asked.set(request.url(), [...(asked.get(request.url()) ?? []), how]);
      });
      const of = (word: string) => Array.from(asked).filter(([url]) => url.includes(word));
      await page.goto(`${pages.fleet.api}/#/device/fan-1?last=60`);
      await expect.poll(() => of("/series").length).toBeGreaterThan(2);
      expect(of("/series").map(([, [first]]) => first)).not.toContain("kept");
      await expect.poll(() => of("/arrivals")[0]?.[1].length).toBeGreaterThan(2);
      expect(of("/arrivals")[0]![1].slice(0, 3)).toEqual(["not kept", "kept", "kept"]);
    });
  });

  test("a stretch drawn with the mouse becomes the view, the URL has it, the way back leads out", async () => {
    await withPage("#/device/pump-7?last=all", async ({ page }) => {
      const over = chart(page, "pressure of pump-7 over time, 2 gaps").locator(".u-over");
      await drawSecondQuarter(page, over);
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

  test("a stretch drawn too short to be seen is shown with what lies around it, not what is live", async () => {
    const from = "2026-11-20T12:00:00.000Z";
    await withPage(`#/device/pump-7?from=${from}&to=${from.replace("000Z", "020Z")}`, async ({ page }) => {
      const over = chart(page, "pressure of pump-7 over time, 0 gaps").locator(".u-over");
      // before the answer the chart has no gaps either, and no times
      await page.locator(".channel", { has: over }).getByText("no reading in this span").waitFor();
      await over.scrollIntoViewIfNeeded();
      const box = await restingBox(over);
      const [x, y] = [box.x + box.width * 0.75, box.y + 40];
      await page.mouse.move(x, y);
      await page.mouse.down();
      await page.mouse.move(x + 8, y, { steps: 4 });
      await page.mouse.up();
      await page.waitForFunction((before) => !location.hash.includes(before), encodeURIComponent(from));
      const parameters = new URLSearchParams(new URL(page.url()).hash.split("?")[1]);
      const [fromMs, toMs] = ["from", "to"].map((name) => Date.parse(parameters.get(name)!)) as [
        number,
        number,
      ];
      expect([fromMs - Date.parse(from), toMs - fromMs]).toEqual([5, 20]);
    });
  });

  test("a stretch drawn before the chart has an answer, and times, leads nowhere", async () => {
    const range = "from=2026-11-20T12:00:00.000Z&to=2026-11-20T12:00:10.000Z";
    await withPage("#/", async ({ page }) => {
      await page.route("**/series*", () => undefined);
      await page.goto(`${pages.fleet.api}/#/device/pump-7?${range}`);
      const over = chart(page, "pressure of pump-7 over time, 0 gaps").locator(".u-over");
      await drawSecondQuarter(page, over);
      expect(await page.evaluate(() => location.hash)).toContain(range);
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

  test("an answer that comes after the key that leads away from it moves nothing back", async () => {
    await withPage("#/device/pump-7?last=all&channels=pressure", async ({ page }) => {
      const fromMs = () =>
        page.evaluate(() => Date.parse(new URLSearchParams(location.hash.split("?")[1]).get("from") ?? ""));
      const shown = page.locator(".range-text");
      await shown.filter({ hasText: /\d/ }).waitFor();
      await page.locator(".channels").focus();
      await page.keyboard.press("+");
      await shown.filter({ hasText: "6 s" }).waitFor();
      // the next answer is held until a key was pressed
      await page.evaluate(() => {
        const read = Response.prototype.json;
        const held: (() => void)[] = [];
        Response.prototype.json = async function (): Promise<unknown> {
          const data: unknown = await read.call(this);
          if (this.url.includes("/series?") && Response.prototype.json !== read)
            await new Promise<void>((resolve) => held.push(resolve));
          return data;
        };
        Object.assign(window, {
          isHeld: () => held.length > 0,
          press: () => {
            const { activeElement } = document;
            activeElement!.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true }));
            Response.prototype.json = read;
            for (const release of held) release();
          },
        });
      });
      await page.keyboard.press("ArrowLeft");
      await page.waitForFunction("isHeld()");
      const froms = [await fromMs()];
      await page.evaluate("press()");
      froms.push(await fromMs());
      // were the stretch before taken for what is seen, this step would lead to where the page is
      await page.keyboard.press("ArrowLeft");
      froms.push(await fromMs());
      // a quarter of 6 s each
      expect(Math.min(froms[0]! - froms[1]!, froms[1]! - froms[2]!)).toBeGreaterThan(1000);
    });
  });

  test("a key that is held down is one step back", async () => {
    await withPage("#/device/pump-7?last=all", async ({ page }) => {
      await page.locator(".range-text", { hasText: /\d/ }).waitFor();
      await page.locator(".channels").focus();
      await page.keyboard.press("+");
      await page.waitForFunction(() => location.hash.includes("from="));
      const zoomed = page.url();
      // the second and later ones are repetitions
      for (let at = 0; at < 5; at++) await page.keyboard.down("ArrowLeft");
      await page.keyboard.up("ArrowLeft");
      // of a step within the page the browser tells when it comes to it: the page itself knows
      expect(await page.evaluate(() => location.href)).not.toBe(zoomed);
      await page.goBack();
      await page.waitForFunction((before) => location.href === before, zoomed);
    });
  });

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
});
