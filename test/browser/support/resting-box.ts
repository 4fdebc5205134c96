import type { Locator } from "playwright-core";
import { eventually } from "../../support/lacuna-process.ts";

/** Where an element is once the page around it has taken its shape. */
export const restingBox = async (element: Locator) => {
  const box = async () => JSON.stringify(await element.boundingBox());
  let before = "";
  const place = await eventually(box, (now) => {
    const rests = now !== "null" && now === before;
    before = now;
    return rests;
  });
  return JSON.parse(place) as { x: number; y: number; width: number; height: number };
};
