import { describe, expect, test } from "vitest";
import { hasChromium } from "./support/chromium.ts";
import { fleetPages } from "./support/fleet-pages.ts";

/** What a page of A4 has between its margins, at the pixels of CSS. */
const PAPER_PIXELS = 703;

/** of web/src/styles/tokens.css */
const ACCENT = { light: "#3949ab", dark: "#a3adff" };
const NETWORK = { light: "#f74706", dark: "#fc740f" };

describe.skipIf(!hasChromium())("on paper", () => {
  const { withPage } = fleetPages();

  test.each(["light", "dark"] as const)(
    "a device has nothing to press, nothing is scrolled or wider than the page, and ink is dark in the %s theme",
    async (colorScheme) => {
      const play = { viewport: { width: 1400, height: 900 }, colorScheme };
      await withPage(
        "#/device/pump-7?last=all",
        async ({ page }) => {
          await page.getByRole("img", { name: "temperature of pump-7 over time, 2 gaps" }).waitFor();
          await page.getByRole("cell", { name: "60 – 71" }).waitFor();
          await page.emulateMedia({ media: "print", colorScheme });
          // charts are drawn for the screen: a browser that prints tells no one that the page is narrower
          await page.addStyleTag({ content: `body { width: ${PAPER_PIXELS}px }` });
          for (const hidden of [".nav", ".top-end", ".range-bar button", ".copy-curl", ".channel-choice"])
            expect(await page.locator(hidden).first().isVisible(), hidden).toBe(false);
          expect(await page.locator(".gap-scroll").evaluate((list) => getComputedStyle(list).overflowY)).toBe(
            "visible",
          );
          const widest = await page
            .locator(".chart, .chart canvas, table")
            .evaluateAll((all) => Math.max(...all.map((element) => element.getBoundingClientRect().right)));
          expect(widest).toBeLessThanOrEqual(PAPER_PIXELS);
          expect(await page.locator("body").evaluate((body) => getComputedStyle(body).color)).toBe(
            "rgb(18, 23, 28)",
          );
        },
        play,
      );
    },
  );

  test.each([
    ["#/", ".trend canvas", ACCENT],
    ["#/", ".spark", NETWORK],
    ["#/device/pump-7?last=all", ".channel canvas", ACCENT],
    ["#/raster", ".raster-cells canvas", NETWORK],
  ])(
    "what the page %s draws in %s is in the colours of paper while it is printed, and in those of the screen after",
    async (hash, selector, { light, dark }) => {
      await withPage(
        hash,
        async ({ page }) => {
          await page.addScriptTag({ content: `(${reportColours})(${JSON.stringify(selector)})` });
          await page.waitForFunction((colour) => window.drawnIn().includes(colour), dark);
          await page.pdf();
          const onPaper = await page.evaluate(() => window.onPaper);
          expect([light, dark].filter((colour) => onPaper.includes(colour))).toEqual([light]);
          await page.waitForFunction((colour) => window.drawnIn().includes(colour), dark);
        },
        { colorScheme: "dark" },
      );
    },
  );
});

declare global {
  interface Window {
    /** colours of the opaque pixels of all pictures, such as `#3949ab` */
    drawnIn(): string[];
    /** the same while the page was printed last */
    onPaper: string[];
  }
}

/** Runs in the page. */
function reportColours(selector: string): void {
  const hex = (value: number): string => value.toString(16).padStart(2, "0");
  const coloursOf = (canvas: HTMLCanvasElement): string[] => {
    const { width, height } = canvas;
    const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true })!;
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, width, height);
    const colours = new Set<string>();
    for (let at = 0; at < data.length; at += 4) {
      if (data[at + 3] === 255) colours.add(`#${hex(data[at]!)}${hex(data[at + 1]!)}${hex(data[at + 2]!)}`);
    }
    return [...colours];
  };
  window.drawnIn = () =>
    [...document.querySelectorAll<HTMLCanvasElement>(selector)].flatMap((canvas) => coloursOf(canvas));
  window.addEventListener("beforeprint", () => {
    window.onPaper = window.drawnIn();
  });
}
