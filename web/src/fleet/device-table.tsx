import { useEffect, useRef } from "preact/hooks";
import type { DeviceStatus } from "../data/types.ts";
import { FailureNote } from "../parts/failure-note.tsx";
import { useKeptScroll } from "../parts/kept-scroll.ts";
import { useVirtualWindow } from "../parts/virtual-window.ts";
import { useWallScale } from "../scale.ts";
import { DeviceRow, EmptyRow } from "./device-row.tsx";
import { FirstDevice } from "./first-device.tsx";
import type { Sorting, SortKey } from "./sort.ts";
import { STRIP, useDeviceRows } from "./use-device-rows.ts";

const COLUMNS: readonly { label: string; sort?: SortKey; class?: string }[] = [
  { label: "Device", sort: "id" },
  { label: "Status", sort: "status" },
  { label: "Last seen", sort: "lastSeen", class: "num wide" },
  { label: "Rate", sort: "rate", class: "num wide" },
  { label: `Last ${STRIP.blocks * STRIP.size} numbers` },
  { label: "Complete", sort: "completeness", class: "num" },
  { label: "Missing", sort: "missing", class: "num wide" },
  { label: "Lost", sort: "lost", class: "num wide" },
  { label: "By cause", class: "wide" },
];

export interface DeviceTableProps {
  sorting: Sorting;
  search: string;
  status: DeviceStatus | null;
  /** the collector's clock; null = not known yet */
  nowMs: number | null;
  onSort: (key: SortKey) => void;
  onTotal: (total: number | undefined) => void;
}

const Head = ({ sorting, onSort }: Pick<DeviceTableProps, "sorting" | "onSort">) => (
  <thead>
    <tr>
      {COLUMNS.map(({ label, sort, class: name }) => {
        const isSorted = sort === sorting.key;
        const order = sorting.isDescending ? "descending" : "ascending";
        return (
          <th key={label} scope="col" class={name} aria-sort={isSorted ? order : undefined}>
            {sort === undefined ? (
              label
            ) : (
              <button type="button" onClick={() => onSort(sort)}>
                {label}
              </button>
            )}
          </th>
        );
      })}
    </tr>
  </thead>
);

const Spacer = ({ pixels }: { pixels: number }) =>
  pixels <= 0 ? null : (
    <tr class="spacer">
      <td colSpan={COLUMNS.length} style={{ height: `${pixels}px`, padding: 0 }} />
    </tr>
  );

/** height of a row at a desk, pixels: room for the strip and for a line of text */
const ROW = 30;
/** rows drawn beyond those in sight, so that a fast scroll shows no hole */
const BEYOND = 10;

/** Any number of devices: only the rows in sight exist. */
export const DeviceTable = ({ sorting, search, status, nowMs, onSort, onTotal }: DeviceTableProps) => {
  const scroller = useRef<HTMLDivElement>(null);
  const row = Math.round(ROW * useWallScale());
  const seen = useVirtualWindow(scroller, row);
  const rows = useDeviceRows(seen, sorting, search, status, nowMs);
  const { total = 0 } = rows;
  useEffect(() => onTotal(rows.total), [rows.total, onTotal]);
  const list = `${sorting.key} ${sorting.isDescending} ${search} ${status}`;
  useKeptScroll(scroller, "fleet", list, rows.total !== undefined);

  const from = Math.max(0, Math.min(seen.first, total) - BEYOND);
  const to = Math.min(total, seen.first + seen.visible + BEYOND);
  const indexes = Array.from({ length: Math.max(0, to - from) }, (_, place) => from + place);
  return (
    <>
      <FailureNote what="The devices could not be read" failure={rows.failures.rows} />
      <FailureNote what="Their last numbers could not be read" failure={rows.failures.strips} />
      <section class="device-scroll" ref={scroller} tabIndex={0} aria-label="List of devices">
        <table class="devices" aria-rowcount={total + 1} style={{ "--row": `${row}px` }}>
          <Head sorting={sorting} onSort={onSort} />
          <tbody>
            <Spacer pixels={from * row} />
            {indexes.map((index) => {
              const device = rows.rowAt(index);
              return device === undefined ? (
                <EmptyRow key={index} columns={COLUMNS.length} />
              ) : (
                <DeviceRow
                  key={device.id}
                  index={index}
                  device={device}
                  nowMs={rows.nowMs}
                  strip={rows.stripOf(device.id)}
                />
              );
            })}
            <Spacer pixels={(total - to) * row} />
          </tbody>
        </table>
        {rows.total === 0 &&
          (search === "" && status === null ? <FirstDevice /> : <p class="empty">No device matches.</p>)}
      </section>
    </>
  );
};
