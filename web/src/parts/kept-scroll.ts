import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** Of each view's list: which one it was, and how far it was scrolled. */
const kept = new Map<string, { list: string; top: number }>();

/**
 * A list is where it was left when the reader comes back to it; another one begins at its top.
 * @param view - whose list it is
 * @param list - tells one list from another: how it is sorted and searched
 * @param isReady - it is as long as it will be
 */
export const useKeptScroll = (
  element: RefObject<HTMLElement | null>,
  view: string,
  list: string,
  isReady: boolean,
): void => {
  const before = useRef(list);
  useLayoutEffect(() => {
    const left = kept.get(view);
    if (isReady && left?.list === list) element.current!.scrollTop = left.top;
  }, [isReady]);
  useLayoutEffect(() => {
    const scroller = element.current!;
    if (before.current !== list) scroller.scrollTo(0, 0);
    before.current = list;
    // while it is still on the page: away from it, it is scrolled nowhere
    return () => {
      kept.set(view, { list, top: scroller.scrollTop });
    };
  }, [element, view, list]);
};
