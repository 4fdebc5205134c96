import { describe, expect, test } from "vitest";
import { hasChromium } from "./support/chromium.ts";
import { fleetPages } from "./support/fleet-pages.ts";

/** What a page of A4 has between its margins, at the pixels of CSS. */
const PAPER_PIXELS = 703;

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
          const background = page.locator(".chart").first();
          const onScreen = await background.evaluate((chart) => getComputedStyle(chart).backgroundColor);
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
          // a chart keeps the ground it was drawn for, else a dark theme's would be pale on white
          expect(await background.evaluate((chart) => getComputedStyle(chart).backgroundColor)).toBe(
            onScreen,
          );
        },
        play,
      );
    },
  );
});
