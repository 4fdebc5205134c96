import type { Position } from "../../db/query/query-types.ts";
import { openReadOnly } from "../../db/read-only.ts";
import type { Reader } from "../../db/readers/reader.ts";
import type { DeviceView } from "../../db/view/device-view.ts";
import { countsOfRow, endsOfRow, sumCounts } from "../../protocol/ledger-counts.ts";
import type { AuditDevice, AuditRun, AuditSource } from "../../simulator/audit/audit.ts";

const IDS_PER_PAGE = 1000;
const GAPS_PER_PAGE = 1000;
const READINGS_PER_PAGE = 10_000;
const EVENTS_PER_PAGE = 1000;

const auditRun = ({ epoch, index, row, pending, expired }: DeviceView["runs"][number]): AuditRun => ({
  epoch,
  run: index,
  ...endsOfRow(row),
  counts: countsOfRow(row, { pending, expired }),
});

const auditDevice = (device: DeviceView): AuditDevice => {
  const runs = device.runs.map(auditRun);
  return { counts: sumCounts(runs.map(({ counts }) => counts)), runs };
};

const pagesOf = function* <T>(items: Iterable<T>, size: number): Generator<T[]> {
  let page: T[] = [];
  for (const item of items) {
    page.push(item);
    if (page.length === size) {
      yield page;
      page = [];
    }
  }
  if (page.length > 0) yield page;
};

/** Asks for page after page, each beginning where the last one ended. */
const follow = async function* <Page extends { next: Position | null }, Item>(
  ask: (after: Position | null) => Promise<Page>,
  itemsOf: (page: Page) => readonly Item[],
): AsyncGenerator<readonly Item[]> {
  let after: Position | null = null;
  do {
    const page: Page = await ask(after);
    yield itemsOf(page);
    after = page.next;
  } while (after !== null);
};

const eventsOf = (reader: Reader, kind: string, order: "asc" | "desc", after: Position | null) =>
  reader.events({ device: null, kind, fromUs: null, toUs: null, order, limit: EVENTS_PER_PAGE, after });

/** As its events tell it, like the API's status: when the last of the listeners that are up came up. Null when the start is no longer among them. */
const listeningSince = async (reader: Reader): Promise<number | null> => {
  const [started] = (await eventsOf(reader, "collector-started", "desc", null)).events;
  if (started === undefined) return null;
  const listeners = new Map<unknown, { state: unknown; sinceUs: number }>();
  const pages = follow(
    (after) => eventsOf(reader, "listener-state", "asc", after ?? [started.event]),
    ({ events }) => events,
  );
  for await (const page of pages) {
    for (const { atUs, detail } of page) {
      const before = listeners.get(detail.listener);
      // the same state again has another reason, or another thread tells it
      if (before?.state !== detail.state)
        listeners.set(detail.listener, { state: detail.state, sinceUs: atUs });
    }
  }
  const sinceUs = [...listeners.values()].filter(({ state }) => state === "OK").map((each) => each.sinceUs);
  return sinceUs.length === 0 ? null : Math.max(...sinceUs);
};

/**
 * What an audit needs, straight from a database file; nothing is written or locked. `close` it.
 * @throws LacunaError as `openReadOnly`
 */
export const openDatabaseAuditSource = (file: string): AuditSource & { close(): void } => {
  const store = openReadOnly(file);
  const { view, reader } = store;
  return {
    async fleet() {
      const { counts, counters } = view.fleet();
      return { counts, ...counters };
    },
    async *devices() {
      yield* pagesOf(view.deviceIds(), IDS_PER_PAGE);
    },
    async device(id) {
      const device = view.device(id);
      return device === undefined ? null : auditDevice(device);
    },
    gaps: (device) =>
      follow(
        (after) =>
          reader.gaps({
            device,
            state: null,
            cause: null,
            fromUs: null,
            toUs: null,
            limit: GAPS_PER_PAGE,
            order: "asc",
            after,
          }),
        ({ gaps }) => gaps,
      ),
    readings: (device) =>
      follow(
        (after) =>
          reader.readings({
            device,
            channels: [],
            fromUs: null,
            toUs: null,
            order: "asc",
            limit: READINGS_PER_PAGE,
            after,
          }),
        ({ readings }) =>
          readings.map(({ names, values, ...reading }) => ({
            ...reading,
            values: Object.fromEntries(names.map((name, index) => [name, values[index]!])),
          })),
      ),
    listeningSinceUs: () => listeningSince(reader),
    close: () => store.close(),
  };
};
