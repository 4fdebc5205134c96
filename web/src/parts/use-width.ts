import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

/**
 * How wide an element is, CSS pixels; 0 until it is laid out.
 * @param step - the width is rounded up to a multiple of it, so that a resize changes it only now and then
 */
export const useWidth = (place: RefObject<HTMLElement | null>, step = 1): number => {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = place.current!;
    const observer = new ResizeObserver(() => setWidth(Math.ceil(element.clientWidth / step) * step));
    observer.observe(element);
    return () => observer.disconnect();
  }, [place, step]);
  return width;
};
