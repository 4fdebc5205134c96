import type { RefObject } from "preact";
import { useRef, useState } from "preact/hooks";
import { deviceHref } from "../routing.ts";
import type { Cell } from "./cells.ts";
import { type Chosen, placeNow } from "./chosen-cell.ts";
import { type CellPlace, cellAt, type Geometry } from "./geometry.ts";

/** What of the raster is in sight. */
export interface RasterInSight {
  scroller: RefObject<HTMLDivElement | null>;
  canvas: RefObject<HTMLCanvasElement | null>;
  /** rows in all */
  total: number;
  /** devices, and their cells */
  ids: readonly string[];
  rows: readonly (readonly Cell[])[];
  /** numbers of a cell */
  size: number;
  width: number;
  geometry: Geometry;
}

export interface ChosenCell {
  /** null = none is chosen */
  place: CellPlace | null;
  /** undefined: there is none at the place */
  cell: Cell | undefined;
  onMouseMove(event: MouseEvent): void;
  onKeyDown(event: KeyboardEvent): void;
  forget(): void;
}

const STEPS: Record<string, readonly [rows: number, cells: number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, 1],
  ArrowRight: [0, -1],
};

const moved = (place: CellPlace | null, key: string, rows: readonly (readonly Cell[])[]): CellPlace => {
  const [down, back] = STEPS[key]!;
  const row = Math.min(rows.length - 1, Math.max(0, (place?.row ?? -down) + down));
  const most = Math.max(0, (rows[row]?.length ?? 1) - 1);
  return { row, fromRight: Math.min(most, Math.max(0, (place?.fromRight ?? -back) + back)) };
};

/** Whether the rows moved instead, by one: the key leads out of those that are in sight as a whole, and there are more. */
const didScroll = (
  scroller: HTMLElement,
  place: CellPlace | null,
  key: string,
  total: number,
  rowHeight: number,
): boolean => {
  const [down] = STEPS[key]!;
  const row = (place?.row ?? 0) + down;
  if (down === 0 || (row >= 0 && row < Math.floor(scroller.clientHeight / rowHeight))) return false;
  const before = scroller.scrollTop;
  // not its scrollHeight: a tip below the last row makes that greater while it is shown
  const end = Math.max(0, total * rowHeight - scroller.clientHeight);
  const after = Math.max(0, Math.min(end, (Math.floor(before / rowHeight) + down) * rowHeight));
  // at the end a fraction of a pixel may be left, which no key would ever move
  if (Math.abs(after - before) < 1) return false;
  scroller.scrollTop = after;
  return true;
};

/** The cell that the mouse or the arrow keys ask for its numbers. */
export const useChosenCell = (sight: RasterInSight): ChosenCell => {
  const { scroller, canvas, total, ids, rows, size, width, geometry } = sight;
  const [chosen, showChosen] = useState<Chosen | null>(null);
  // keys may come faster than they are shown
  const latest = useRef(chosen);
  const choose = (next: Chosen | null): void => {
    latest.current = next;
    showChosen(next);
  };
  const cellIn = ({ row, fromRight }: CellPlace): Cell | undefined => rows[row]?.at(-1 - fromRight);
  const place = placeNow(chosen, ids, rows, size);
  const move = (key: string): void => {
    const from = placeNow(latest.current, ids, rows, size);
    if (didScroll(scroller.current!, from, key, total, geometry.row)) {
      // another device comes to lie there
      choose(from === null ? null : { place: from, held: null });
      return;
    }
    const next = moved(from, key, rows);
    const cell = cellIn(next);
    choose({ place: next, held: cell === undefined ? null : { device: ids[next.row]!, cell } });
  };
  return {
    place,
    cell: place === null ? undefined : cellIn(place),
    onMouseMove(event) {
      const box = canvas.current!.getBoundingClientRect();
      const under = cellAt(event.clientX - box.left, event.clientY - box.top, width, ids.length, geometry);
      choose(under === null ? null : { place: under, held: null });
    },
    onKeyDown(event) {
      if (event.key === "Escape") choose(null);
      if (event.key === "Enter" && place !== null) location.hash = deviceHref(ids[place.row]!);
      if (STEPS[event.key] === undefined || rows.length === 0) return;
      event.preventDefault();
      move(event.key);
    },
    forget: () => choose(null),
  };
};
