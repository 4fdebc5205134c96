import type { Page } from "playwright-core";

/**
 * Arrow keys over the cells of the raster until the tip tells of the one that begins with this number. How far a press leads depends on what has
 * been drawn by then, so each is looked at, and one too many is taken back.
 */
export const walkTo = async (page: Page, first: number): Promise<void> => {
  const tip = page.locator(".tip");
  for (;;) {
    const [text = ""] = await tip.allInnerTexts();
    const at = Number(/numbers? (\d+)/.exec(text)?.[1] ?? Number.POSITIVE_INFINITY);
    if (at === first) return;
    await page.keyboard.press(at > first ? "ArrowLeft" : "ArrowRight");
    await page
      .waitForFunction((before) => document.querySelector<HTMLElement>(".tip")?.innerText !== before, text, {
        timeout: 1000,
      })
      .catch(() => undefined);
  }
};
