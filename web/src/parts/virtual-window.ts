import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

export interface VirtualWindow {
  /** first row in sight */
  first: number;
  /** rows in sight */
  visible: number;
}

/** Which rows of a scrolled element are in sight. @param rowPixels - height of each */
export const useVirtualWindow = (
  element: RefObject<HTMLElement | null>,
  rowPixels: number,
): VirtualWindow => {
  const [seen, setSeen] = useState<VirtualWindow>({ first: 0, visible: 30 });
  useEffect(() => {
    const scroller = element.current!;
    const look = (): void => {
      const first = Math.max(0, Math.floor(scroller.scrollTop / rowPixels));
      const visible = Math.ceil(scroller.clientHeight / rowPixels) + 1;
      setSeen((before) =>
        before.first === first && before.visible === visible ? before : { first, visible },
      );
    };
    look();
    scroller.addEventListener("scroll", look, { passive: true });
    const observer = new ResizeObserver(look);
    observer.observe(scroller);
    return () => {
      scroller.removeEventListener("scroll", look);
      observer.disconnect();
    };
  }, [element, rowPixels]);
  return seen;
};
