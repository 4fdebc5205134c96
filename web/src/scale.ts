import { useEffect, useState } from "preact/hooks";

/** Letters at 1920 pixels: up to there what is drawn in pixels keeps its size (styles/base.css says how letters grow). */
const DESK_LETTERS = 15.5;

/** Size of the page's letters, pixels. */
export const letterPixels = (): number =>
  Number.parseFloat(getComputedStyle(document.documentElement).fontSize);

/** How many times larger than at a desk, at least 1. @param letters - their size, pixels */
export const wallScale = (letters: number): number => Math.max(1, letters / DESK_LETTERS);

/** The factor for what is drawn in pixels: 1 up to a screen of 1920 pixels, more on a wall. */
export const useWallScale = (): number => {
  const [scale, setScale] = useState(() => wallScale(letterPixels()));
  useEffect(() => {
    const measure = (): void => setScale(wallScale(letterPixels()));
    // the stylesheet may have come after the first drawing
    measure();
    addEventListener("resize", measure);
    return () => removeEventListener("resize", measure);
  }, []);
  return scale;
};
