import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { eventually } from "../support/lacuna-process.ts";
import { hasChromium } from "./support/chromium.ts";
import { fleetPages } from "./support/fleet-pages.ts";
import { pixelsOf } from "./support/pixels-of.ts";
import { accessibilityViolations, visit } from "./support/visit.ts";
import { walkTo } from "./support/walk-to.ts";

describe.skipIf(!hasChromium())("the raster and the collector's page", () => {
  const pages = fleetPages();
  const { withPage } = pages;
  /** The row of a device once its cells are drawn. */
  const rowReady = async (page: Page, device: string): Promise<void> => {
    await page.locator(".raster-labels li", { hasText: device }).waitFor();
    await page.waitForFunction(() => {
      const canvas = document.querySelector<HTMLCanvasElement>(".raster-cells canvas")!;
      const { width, height } = canvas;
      if (width === 0 || height === 0) return false;
      // a copy: the browser complains of a canvas that is read again and again
      const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true })!;
      copy.drawImage(canvas, 0, 0);
      return copy.getImageData(0, 0, width, height).data.some((part) => part > 0);
    });
  };

  test("a cell tells its exact numbers under the mouse", async () => {
    await withPage("#/raster?search=pump", async ({ page }) => {
      await rowReady(page, "pump-7");
      /** What is told of a cell, counted from the right; the picture may still move under the mouse. */
      const toldOf = async (cell: number): Promise<string> => {
        const box = (await page.locator(".raster-cells canvas").boundingBox())!;
        await page.mouse.move(box.x + box.width - 9 * (cell + 0.5), box.y + 8);
        return (await page.locator(".tip").allInnerTexts()).join().replace(/\s+/g, " ");
      };
      // 120 numbers by 10: 60 to 69 are the sixth cell
      await expect.poll(() => toldOf(5)).toMatch(/pump-7 numbers 60 – 69 .*10$/);
      await expect.poll(() => toldOf(11)).toMatch(/numbers 0 – 9 .*in order/);
    });
  });

  test.each([
    ["#/raster?search=pump", ".raster-cells"],
    ["#/?search=pump", ".devices td:has(canvas)"],
  ])("on %s, what is too old to be told apart does not look whole", async (hash, cells) => {
    await withPage(hash, async ({ page }) => {
      await expect.poll(() => pixelsOf(page, cells, "in-order")).toBeGreaterThan(100);
      await page.route("**/api/v1/raster?*", async (route) => {
        const answer = await route.fetch();
        const raster = (await answer.json()) as { devices: { runs: object[] }[] };
        for (const device of raster.devices)
          device.runs = device.runs.map((run) => ({ ...run, exactFrom: 1000, blocks: [] }));
        await route.fulfill({ json: raster });
      });
      await expect.poll(() => pixelsOf(page, cells, "in-order")).toBe(0);
    });
  });

  test.each([
    { width: 390, height: 844, row: 18, letters: 12 },
    { width: 1920, height: 1080, row: 18, letters: 12 },
    { width: 3840, height: 2160, row: 32, letters: 22 },
  ])("at $width x $height a row is $row pixels high, its label and its cells with it", async (screen) => {
    const { width, height, row, letters } = screen;
    await withPage(
      "#/raster?search=pump",
      async ({ page }) => {
        await rowReady(page, "pump-7");
        const label = page.locator(".raster-labels li", { hasText: "pump-7" });
        expect((await label.boundingBox())!.height).toBe(row);
        expect((await page.locator(".raster-cells canvas").boundingBox())!.height).toBe(row);
        const size = await label.evaluate((element) => getComputedStyle(element).fontSize);
        expect(Math.round(Number.parseFloat(size))).toBe(letters);
      },
      { viewport: { width, height } },
    );
  });

  test.each([
    { width: 1280, height: 720 },
    { width: 1000, height: 1200 },
    { width: 3840, height: 2160 },
  ])(
    "at $width x $height the rows take what is left of the window, whatever stands above them",
    async (screen) => {
      await withPage(
        "#/raster",
        async ({ page }) => {
          await rowReady(page, "pump-7");
          /** Pixels below the window, and below the panel beside the page's own margin. */
          const left = () =>
            page.evaluate(() => {
              const content = document.querySelector(".content")!;
              const { bottom } = document.querySelector(".panel")!.getBoundingClientRect();
              const margin = Number.parseFloat(getComputedStyle(content).paddingBottom);
              const { scrollHeight } = document.documentElement;
              return {
                below: scrollHeight - innerHeight,
                unused: Math.abs(Math.round(innerHeight - margin - bottom)),
              };
            });
          expect(await left()).toEqual({ below: 0, unused: 0 });
          const sentence = "The database is FAILING: no.";
          await page.route("**/api/v1/status", async (route) => {
            const status = await (await route.fetch()).json();
            const finding = { code: "database", severity: "problem", sentence, fix: null, listener: null };
            await route.fulfill({ json: { ...status, findings: [finding] } });
          });
          await page.locator(".trouble-note").waitFor();
          expect(await left()).toEqual({ below: 0, unused: 0 });
        },
        { viewport: screen },
      );
    },
  );

  test("arrow keys walk over the cells, Enter opens the device", async () => {
    await withPage("#/raster?search=pump", async ({ page }) => {
      await rowReady(page, "pump-7");
      // screen readers heed what is said in a place that they know
      const place = (await page.locator(".raster-cells [role=status]").elementHandles())[0]!;
      await page.locator(".raster-cells").focus();
      await walkTo(page, 110);
      await page.locator(".tip", { hasText: "numbers 110 – 119" }).waitFor();
      expect(await place.innerText()).toContain("numbers 110 – 119");
      await walkTo(page, 100);
      await page.locator(".tip", { hasText: "numbers 100 – 109" }).waitFor();
      await page.keyboard.press("Enter");
      await page.locator(".device-id", { hasText: "pump-7" }).waitFor();
    });
  });

  test("a tip is in sight as a whole, wherever its cell is", async () => {
    await withPage(
      "#/raster?size=1",
      async ({ page }) => {
        await rowReady(page, "fan-1");
        const cells = (await page.locator(".raster-cells canvas").boundingBox())!;
        const list = (await page.locator(".raster-scroll").boundingBox())!;
        const bottom = list.y + list.height;
        // newest and oldest cell of the first row, newest of the last row that is in sight as a whole
        const places = [
          [cells.x + cells.width - 4, cells.y + 8],
          [cells.x + 12, cells.y + 8],
          [cells.x + cells.width - 4, bottom - 26],
        ] as const;
        for (const [x, y] of places) {
          const cut = async (): Promise<string> => {
            await page.mouse.move(x, y);
            const tip = await page.locator(".tip").boundingBox();
            if (tip === null) return "not there";
            const isCut =
              tip.y < list.y ||
              tip.y + tip.height > bottom ||
              tip.x < list.x ||
              tip.x + tip.width > list.x + list.width;
            return isCut ? `cut at ${x}, ${y}` : "";
          };
          await expect.poll(cut).toBe("");
        }
      },
      { viewport: { width: 1024, height: 768 } },
    );
  });

  test("a cell chosen by key stays the chosen one while numbers come", async () => {
    const send = async (from: number, to: number): Promise<void> => {
      for (let seq = from; seq < to; seq++)
        await pages.fleet.send("mixer", seq, Date.now() * 1000, { value: seq });
    };
    await send(0, 10);
    await pages.fleet.heard("mixer");
    await withPage("#/raster?search=mixer&size=1", async ({ page }) => {
      await rowReady(page, "mixer");
      await page.locator(".raster-cells").focus();
      await walkTo(page, 7);
      const frame = page.locator(".raster-frame");
      const before = (await frame.boundingBox())!.x;
      await send(10, 15);
      await expect.poll(async () => (await frame.boundingBox())!.x).toBeLessThan(before);
      expect(await page.locator(".tip").innerText()).toContain("number 7\n");
      await page.keyboard.press("Tab");
      await frame.waitFor({ state: "detached" });
    });
  });

  test("arrow keys lead out of the rows in sight to every device", async () => {
    await withPage("#/raster", async ({ page }) => {
      await rowReady(page, "fan-1");
      await page.locator(".raster-cells").focus();
      await page.keyboard.press("ArrowLeft");
      await page.locator(".tip", { hasText: "fan-1" }).waitFor();
      // a press may only move a part of a row into sight, or find its row still on the way
      const walk = async (key: string, device: string): Promise<void> => {
        const label = page.locator(".raster-labels li[data-on]", { hasText: device });
        const arrives = async (): Promise<boolean> => {
          for (let presses = 0; presses < 10 && !(await label.isVisible()); presses++)
            await page.keyboard.press(key);
          return label.isVisible();
        };
        await eventually(arrives, (hasArrived) => hasArrived);
      };
      await walk("ArrowDown", "valve-59");
      await walk("ArrowUp", "fan-1");
    });
  });

  test.each([
    ["#/raster", "The cells could not be read: URL and headers are too large."],
    ["#/", "Their last numbers could not be read: URL and headers are too large."],
  ])("at %s a raster that is not answered says why", async (hash, words) => {
    const { page, close } = await visit(pages.browser, pages.fleet.api, "#/collector");
    const problem = { status: 431, detail: "URL and headers are too large" };
    await page.route("**/raster?*", (route) => route.fulfill({ status: 431, json: problem }));
    await page.goto(`${pages.fleet.api}/${hash}`);
    await page.getByText(words).waitFor();
    await page.unroute("**/raster?*");
    await page.getByText(words).waitFor({ state: "detached" });
    await close();
  });

  test("a search that finds nothing says so in sight", async () => {
    await withPage("#/raster?search=nobody", async ({ page }) => {
      const words = page.getByText("No device matches.");
      await words.waitFor();
      const { y, height } = (await words.boundingBox())!;
      expect(y + height).toBeLessThan(page.viewportSize()!.height);
    });
  });

  test("other numbers per cell are other cells, and the URL has them", async () => {
    await withPage("#/raster?search=pump", async ({ page }) => {
      await page.getByLabel("Numbers per cell").selectOption("50");
      await page.waitForFunction(() => location.hash.includes("size=50"));
      await rowReady(page, "pump-7");
      await page.locator(".raster-cells").focus();
      await walkTo(page, 100);
      await page.locator(".tip", { hasText: "numbers 100 – 119" }).waitFor();
    });
  });

  test.each(["light", "dark"])(
    "the raster has no accessibility violation in its %s colours",
    async (colorScheme) => {
      await withPage(
        "#/raster",
        async ({ page }) => {
          await rowReady(page, "pump-7");
          expect(await accessibilityViolations(page)).toEqual([]);
        },
        { colorScheme },
      );
    },
  );

  test("the collector's page shows the listener, its counters and the database", async () => {
    await withPage("#/collector", async ({ page }) => {
      const row = page.locator("tr", { hasText: `127.0.0.1:${pages.fleet.collector.ports[0]}` });
      await row.waitFor();
      expect(await row.innerText()).toContain("OK");
      await page.locator(".facts", { hasText: "Write-ahead log" }).waitFor();
      expect(await accessibilityViolations(page)).toEqual([]);
    });
  });
});
