import { setImmediate as nextTurn } from "node:timers/promises";

/** Items that are handled without letting others have their turn: some milliseconds. */
const AT_ONCE = 5000;

/** The items that pass; others have their turn in between. */
export const filteredInTurns = async <Item>(
  items: readonly Item[],
  passes: (item: Item) => boolean,
  atOnce = AT_ONCE,
): Promise<Item[]> => {
  const passed: Item[] = [];
  for (let at = 0; at < items.length; at += atOnce) {
    if (at > 0) await nextTurn();
    for (const item of items.slice(at, at + atOnce)) if (passes(item)) passed.push(item);
  }
  return passed;
};

/** The items in order, equal ones as they were; others have their turn in between. */
export const sortedInTurns = async <Item>(
  items: readonly Item[],
  compare: (one: Item, other: Item) => number,
  atOnce = AT_ONCE,
): Promise<Item[]> => {
  let parts: Item[][] = [];
  for (let at = 0; at < items.length; at += atOnce) {
    if (at > 0) await nextTurn();
    parts.push(items.slice(at, at + atOnce).sort(compare));
  }
  while (parts.length > 1) {
    const merged: Item[][] = [];
    for (let at = 0; at < parts.length; at += 2)
      merged.push(await merge(parts[at]!, parts[at + 1] ?? [], compare, atOnce));
    parts = merged;
  }
  return parts[0] ?? [];
};

const merge = async <Item>(
  left: Item[],
  right: Item[],
  compare: (one: Item, other: Item) => number,
  atOnce: number,
): Promise<Item[]> => {
  const merged: Item[] = [];
  for (let l = 0, r = 0; l < left.length || r < right.length; ) {
    if (merged.length % atOnce === 0) await nextTurn();
    const isLeft = r === right.length || (l < left.length && compare(left[l]!, right[r]!) <= 0);
    merged.push(isLeft ? left[l++]! : right[r++]!);
  }
  return merged;
};
