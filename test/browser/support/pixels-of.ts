import type { Page } from "playwright-core";

/** How many pixels of the canvas within the element have the colour of a bin. */
export const pixelsOf = (page: Page, selector: string, bin: string): Promise<number> =>
  page.locator(selector).evaluate((element, name) => {
    const canvas = element.querySelector("canvas")!;
    const { width, height } = canvas;
    const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true })!;
    copy.drawImage(canvas, 0, 0);
    const pixels = copy.getImageData(0, 0, width, height).data;
    const colour = getComputedStyle(document.documentElement).getPropertyValue(`--bin-${name}`).trim();
    const wanted = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
    let count = 0;
    for (let at = 0; at < pixels.length; at += 4)
      if (wanted.every((part, index) => Math.abs(pixels[at + index]! - part) < 6)) count++;
    return count;
  }, bin);
