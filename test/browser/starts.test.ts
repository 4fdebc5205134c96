import { createSocket } from "node:dgram";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { eventually, getJson } from "../support/lacuna-process.ts";
import { hasChromium } from "./support/chromium.ts";
import { fleetPages } from "./support/fleet-pages.ts";
import { restingBox } from "./support/resting-box.ts";
import { accessibilityViolations } from "./support/visit.ts";

interface Starts {
  from: string;
  to: string;
  starts: { at: string; epoch: number; run: number }[];
}

/** a time that no clock of a test shows, so that what the page says is of the device */
const BEGAN_MS = Date.UTC(2025, 4, 3, 10, 0, 0, 250);
const EPOCHS = [7, 8, 9];
const NUMBERS = 40;
const STEP_MS = 250;
const beginsMs = (epoch: number): number => BEGAN_MS + (epoch - EPOCHS[0]!) * NUMBERS * STEP_MS;

describe.skipIf(!hasChromium())("the starts of a device on its charts", () => {
  const pages = fleetPages();
  const { withPage } = pages;
  const charts = (page: Page) => page.getByRole("img", { name: / of restless over time/ });
  const series = () =>
    getJson<Starts>(`${pages.fleet.api}/api/v1/devices/restless/series?channel=count&points=1`);

  beforeAll(async () => {
    const socket = createSocket("udp4");
    for (const epoch of EPOCHS)
      for (let seq = 0; seq < NUMBERS; seq++) {
        const time_ms = beginsMs(epoch) + seq * STEP_MS;
        const text = JSON.stringify({
          device: "restless",
          epoch,
          seq,
          time_ms,
          values: { count: seq, level: 5 },
        });
        await new Promise((sent) => socket.send(text, pages.fleet.collector.ports[0]!, "127.0.0.1", sent));
      }
    socket.close();
    await pages.fleet.heard("restless");
    await eventually(series, ({ starts }) => starts.length === EPOCHS.length);
  });

  /** Where heads of marks are at the top of a chart, as shares of its width. */
  const headsOf = (page: Page, name: string) =>
    page.getByRole("img", { name: `${name} of restless over time` }).evaluate((element) => {
      const canvas = element.querySelector("canvas")!;
      const over = element.querySelector(".u-over")!.getBoundingClientRect();
      const box = canvas.getBoundingClientRect();
      const scale = canvas.width / box.width;
      const copy = new OffscreenCanvas(canvas.width, canvas.height);
      const context = copy.getContext("2d", { willReadFrequently: true })!;
      context.drawImage(canvas, 0, 0);
      const colour = getComputedStyle(document.documentElement).getPropertyValue("--ink-2").trim();
      const wanted = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
      // the first head may reach out to the left
      const margin = 8;
      const left = Math.round((over.left - margin - box.left) * scale);
      const width = Math.round((over.width + 2 * margin) * scale);
      // in the very first line there may be one of the grid
      const top = Math.round((over.top - box.top + 2) * scale);
      const { data } = context.getImageData(left, top, width, 1);
      const isHead = Array.from({ length: width }, (_, x) =>
        wanted.every((part, index) => Math.abs(data[x * 4 + index]! - part) < 24 && data[x * 4 + 3]! > 200),
      );
      const heads: number[] = [];
      for (let x = 0; x < width; x++) {
        if (!isHead[x]) continue;
        const first = x;
        while (isHead[x + 1]) x++;
        heads.push(((first + x) / 2 / scale - margin) / over.width);
      }
      return heads;
    });

  test.each(["light", "dark"] as const)(
    "each is marked in every chart where its readings begin, %s",
    async (colorScheme) => {
      const { from, to } = await series();
      const lengthMs = Date.parse(to) - Date.parse(from);
      await withPage(
        "#/device/restless?last=all",
        async ({ page }) => {
          await expect.poll(() => charts(page).count()).toBe(2);
          for (const name of ["count", "level"]) {
            await page
              .getByRole("img", { name: `${name} of restless over time, 0 gaps, 3 starts` })
              .waitFor();
            const heads = await eventually(
              () => headsOf(page, name),
              (found) => found.length === EPOCHS.length,
            );
            for (const [index, epoch] of EPOCHS.entries())
              expect(Math.abs(heads[index]! - (beginsMs(epoch) - Date.parse(from)) / lengthMs)).toBeLessThan(
                0.01,
              );
          }
          expect(await accessibilityViolations(page)).toEqual([]);
        },
        { colorScheme },
      );
    },
  );

  test("a mark says in words what begins, on the chart that is pointed at, and nothing beside it", async () => {
    await withPage(
      "#/device/restless?last=all",
      async ({ page }) => {
        await page.getByRole("img", { name: "count of restless over time, 0 gaps, 3 starts" }).waitFor();
        const over = page.locator(".u-over").first();
        await over.scrollIntoViewIfNeeded();
        const box = await restingBox(over);
        const tip = page.locator(".start-tip");
        await page.mouse.move(box.x + box.width / 3, box.y + 40);
        await expect.poll(() => tip.allInnerTexts()).toEqual(["epoch 8 from 2025-05-03 10:00:10.250"]);
        await page.mouse.move(box.x + box.width / 2, box.y + 40);
        await expect.poll(() => tip.count()).toBe(0);
        // the tip of the last one stays in the page, also where that is narrow
        await page.mouse.move(box.x + (2 * box.width) / 3, box.y + 40);
        await expect.poll(() => tip.allInnerTexts()).toEqual(["epoch 9 from 2025-05-03 10:00:20.250"]);
        const { x, width } = (await tip.boundingBox())!;
        expect([x >= 0, x + width <= 390]).toEqual([true, true]);
      },
      { timezoneId: "UTC", viewport: { width: 390, height: 844 } },
    );
  });

  test("they are listed below the charts, the newest first, and each leads there by key", async () => {
    await withPage(
      "#/device/restless?last=all",
      async ({ page }) => {
        const items = page
          .getByRole("list", { name: "Starts in this span, newest first" })
          .getByRole("listitem");
        await expect
          .poll(() => items.allInnerTexts())
          .toEqual([
            "epoch 9 2025-05-03 10:00:20",
            "epoch 8 2025-05-03 10:00:10",
            "epoch 7 2025-05-03 10:00:00",
          ]);
        // what the marks are stands there to read, also for who has no mouse
        await page.getByText("the device began anew, or was first heard:").waitFor();
        await page.getByRole("button", { name: "epoch 8" }).focus();
        await page.keyboard.press("Enter");
        await page.waitForFunction(() => location.hash.includes("from="));
        const parameters = new URLSearchParams(new URL(page.url()).hash.split("?")[1]);
        expect([parameters.get("from"), parameters.get("to")]).toEqual([
          new Date(beginsMs(8) - 5000).toISOString(),
          new Date(beginsMs(8) + 5000).toISOString(),
        ]);
        await expect.poll(() => items.allInnerTexts()).toEqual(["epoch 8 2025-05-03 10:00:10"]);
      },
      { timezoneId: "UTC" },
    );
  });

  test("of a long span a tenth is shown around a start: what came before and after it is in sight of a device that speaks seldom, too", async () => {
    await withPage(
      "#/device/restless?from=2025-05-03T09:00:00Z&to=2025-05-03T11:00:00Z",
      async ({ page }) => {
        await page.getByRole("button", { name: "epoch 8" }).click();
        await page.waitForFunction(() => !location.hash.includes("T09%3A00"));
        const parameters = new URLSearchParams(new URL(page.url()).hash.split("?")[1]);
        expect([parameters.get("from"), parameters.get("to")]).toEqual([
          new Date(beginsMs(8) - 360_000).toISOString(),
          new Date(beginsMs(8) + 360_000).toISOString(),
        ]);
      },
      { timezoneId: "UTC" },
    );
  });

  test("where there are thousands the line is seen as without them, and the newest are listed", async () => {
    await withPage("#/", async ({ page }) => {
      /** Of the pixels of a chart below the heads, how many have the colour of its line. */
      const linePixels = () =>
        page.getByRole("img", { name: "count of restless over time" }).evaluate((element) => {
          const canvas = element.querySelector("canvas")!;
          const copy = new OffscreenCanvas(canvas.width, canvas.height);
          const context = copy.getContext("2d", { willReadFrequently: true })!;
          context.drawImage(canvas, 0, 0);
          const { data } = context.getImageData(0, 20, canvas.width, canvas.height - 20);
          return Array.from({ length: data.length / 4 }, (_, pixel) => pixel * 4).filter(
            (at) => data[at + 3]! > 200 && data[at + 2]! - data[at]! > 60,
          ).length;
        });
      const show = async (
        starts: Starts["starts"],
        startsLeftOut: number,
        label: string,
      ): Promise<number> => {
        await page.unroute("**/devices/restless/series*");
        await page.route("**/devices/restless/series*", async (route) => {
          const answer = (await (await route.fetch()).json()) as object;
          await route.fulfill({ json: { ...answer, starts, startsLeftOut } });
        });
        await page.goto(`${pages.fleet.api}/#/device/restless?last=all&channels=count`);
        await page.reload();
        await page.getByRole("img", { name: label, exact: true }).waitFor();
        await page.locator(".readout", { hasText: /\d/ }).waitFor();
        return eventually(linePixels, (count) => count > 0);
      };
      const bare = await show([], 0, "count of restless over time, 0 gaps");
      const many = Array.from({ length: 1000 }, (_, index) => ({
        at: new Date(BEGAN_MS + index * 29).toISOString(),
        epoch: index,
        run: 0,
      }));
      const crowded = await show(many, 1000, "count of restless over time, 0 gaps, 2,000 starts");
      expect(crowded).toBe(bare);
      const items = page
        .getByRole("list", { name: "Starts in this span, newest first" })
        .getByRole("listitem");
      expect(await items.count()).toBe(9);
      expect(await items.last().innerText()).toBe("and 1,992 more");
    });
  });
});
