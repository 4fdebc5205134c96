import { MisuseError } from "../../common/errors.ts";
import { ROW } from "../../protocol/ledger-row.ts";
import { undescribedName } from "../../protocol/text.ts";
import type { ChannelsRequest } from "../query/channels-query.ts";
import { type GapRequest, placeBehind } from "../query/gaps-query.ts";
import type {
  Completeness,
  DamagedPart,
  EventsPage,
  EventsQuery,
  GapRow,
  GapsPage,
  GapsQuery,
  PointsQuery,
  QueryClient,
  RasterDevice,
  RasterQuery,
  ReadingsPage,
  ReadingsQuery,
  ReadingsText,
  ReceivedFound,
  ReceivedQuery,
  SeriesQuery,
  SeriesText,
} from "../query/query-types.ts";
import { newestStretches } from "../query/raster-spans.ts";
import { MOST_PAGE_BYTES, type PackedReadings } from "../query/readings-request.ts";
import { resolveSeries } from "../series/resolve.ts";
import { undescribedNumber } from "../view/channel-names.ts";
import type { DeviceView } from "../view/device-view.ts";
import type { LedgerView } from "../view/ledger-view.ts";
import { unpackRuns } from "../view/packed-runs.ts";
import type { TextForm, TimeForm } from "./answer-texts.ts";
import type { QueryAnswers, QueryRequest } from "./queries.ts";

/** Sends a query to whoever answers it: a reader's thread, or this one (audit). One that waits is given up when its client is gone. */
export type Ask = <K extends QueryRequest["kind"]>(
  query: Extract<QueryRequest, { kind: K }>,
  client?: QueryClient,
) => Promise<QueryAnswers[K]>;

/** gap rows one raster may read, over all its devices: about a tenth of a second */
const MAX_RASTER_ROWS = 200_000;

interface ResolvedReadings {
  request: PackedReadings;
  wantsCompleteness: boolean;
  completeness: Completeness;
}

const EMPTY = {
  completeness: { expected: 0, received: 0, missing: 0, lost: 0, unknown: 0 },
  next: null,
};

/** Queries of what lies in the database, by device ids and channel names; resolves them with the ledger in memory. */
export class Reader {
  readonly #view: LedgerView;
  readonly #ask: Ask;

  constructor(view: LedgerView, ask: Ask) {
    this.#view = view;
    this.#ask = ask;
  }

  /**
   * Readings by run and sequence number, with the completeness of the whole query: of the span when it has one, else of the device. A device
   * nobody knows has none.
   */
  async readings(query: ReadingsQuery): Promise<ReadingsPage> {
    const resolved = this.#resolve(query);
    if (resolved === null) return { ...EMPTY, readings: [] };
    const { completeness, ...page } = await this.#ask({ kind: "readings", ...resolved });
    return { ...page, completeness: readable(resolved, completeness, page.damaged) };
  }

  /** The same as text, whose form the reader's AnswerTexts know. The device must be known. */
  async readingsText(query: ReadingsQuery, form: TextForm, client?: QueryClient): Promise<ReadingsText> {
    const resolved = this.#resolve(query);
    if (resolved === null) throw new MisuseError(`readings of the unknown device ${query.device}`);
    const { completeness, ...page } = await this.#ask({ kind: "readingsText", ...resolved, form }, client);
    return { ...page, completeness: readable(resolved, completeness, page.damaged) };
  }

  /** Every name under which a device has readings, or has announced some: those of the current epoch first. A device nobody knows has none. */
  async channelNames(id: string, client?: QueryClient): Promise<string[]> {
    const device = this.#view.device(id);
    if (device === undefined) return [];
    const { channelNames, descriptions } = device;
    const doubt = inDoubt(device);
    if (doubt === null) return channelNames;
    const known = channelNames.map(undescribedNumber).filter((channel) => channel !== null);
    const found = await this.#ask({ kind: "channels", request: { ...doubt, known, descriptions } }, client);
    return [...channelNames, ...found.sort((a, b) => a - b).map(undescribedName)];
  }

  /**
   * A channel of a device in buckets, as text.
   * @returns null when the device never had a channel of that name
   */
  async seriesText(query: SeriesQuery, time: TimeForm, client?: QueryClient): Promise<SeriesText | null> {
    const resolved = this.#resolveSeries(query);
    if (resolved === null) return null;
    const request = { ...resolved.request, division: query.division };
    const { text } = await this.#ask({ kind: "seriesText", request, time }, client);
    return { unit: resolved.unit, text };
  }

  /** The same as single readings, as few as a chart needs. */
  async pointsText(query: PointsQuery, time: TimeForm, client?: QueryClient): Promise<SeriesText | null> {
    const resolved = this.#resolveSeries(query);
    if (resolved === null) return null;
    const request = { ...resolved.request, most: query.points };
    const { text } = await this.#ask({ kind: "pointsText", request, time }, client);
    return { unit: resolved.unit, text };
  }

  /** Gaps by run and first number; those of forgotten devices are left out. */
  async gaps(query: GapsQuery, client?: QueryClient): Promise<GapsPage> {
    const device = query.device === null ? null : this.#view.device(query.device);
    if (device === undefined) return { gaps: [], next: null };
    const records = await this.#ask({ kind: "gaps", request: gapRequest(query, device) }, client);
    const page = records.slice(0, query.limit);
    const last = page.at(-1);
    const gaps: GapRow[] = [];
    for (const { run, ...gap } of page) {
      const owner = this.#view.runOwner(run);
      if (owner === undefined) continue;
      gaps.push({ device: owner.device, epoch: owner.epoch, run: owner.index, ...gap });
    }
    const hasMore = records.length > query.limit && last !== undefined;
    return { gaps, next: hasMore ? placeBehind(last, query.order) : null };
  }

  /** The newest blocks of numbers of each device, with what is absent in them. */
  async raster({ devices, size, blocks }: RasterQuery, client?: QueryClient): Promise<RasterDevice[]> {
    const stretches = devices.map((id) =>
      newestStretches(this.#view.device(id)?.newestRuns() ?? [], size, blocks),
    );
    const spans = stretches.flat().map(({ run, first, last }) => ({ run, first, last }));
    const maxRows = Math.ceil(MAX_RASTER_ROWS / Math.max(1, spans.length));
    const found = await this.#ask({ kind: "raster", request: { size, spans, maxRows } }, client);
    let next = 0;
    return devices.map((device, index) => ({
      device,
      runs: stretches[index]!.map(({ view, first, last }) => {
        const { blocks, exactFrom } = found[next++]!;
        const floor = view.row[ROW.FLOOR]!;
        return {
          epoch: view.epoch,
          run: view.index,
          first,
          last,
          exactFrom: Math.max(exactFrom, floor),
          blocks,
        };
      }),
    }));
  }

  /** Which numbers of a device are here, by declared epoch, as of one commit; a device nobody knows has none. */
  received(query: ReceivedQuery, client?: QueryClient): Promise<ReceivedFound> {
    return this.#ask({ kind: "received", request: query }, client);
  }

  /** Events (restarts, source changes, starts and stops …) in the order in which they were committed. */
  events(query: EventsQuery, client?: QueryClient): Promise<EventsPage> {
    return this.#ask({ kind: "events", request: query }, client);
  }

  #resolveSeries(query: Omit<SeriesQuery, "division">): ReturnType<typeof resolveSeries> {
    const device = this.#view.device(query.device);
    return device === undefined ? null : resolveSeries(device, query);
  }

  /** Names to numbers, and what the ledger in memory says of the completeness; the reader adds counts of a span. */
  #resolve(query: ReadingsQuery): ResolvedReadings | null {
    const device = this.#view.device(query.device);
    if (device === undefined) return null;
    const { packedRuns: runs, descriptions } = device;
    const { fromUs, toUs } = query;
    const hasSpan = fromUs !== null || toUs !== null;
    const total = completenessOfDevice(device);
    const isWithin = (timeUs: number): boolean =>
      (fromUs === null || timeUs >= fromUs) && (toUs === null || timeUs < toUs);
    return {
      request: {
        mostBytes: MOST_PAGE_BYTES,
        ...query,
        runs,
        descriptions,
      },
      wantsCompleteness: hasSpan,
      completeness: { ...total, unknown: hasSpan ? device.openEndsWithin(isWithin) : total.unknown },
    };
  }
}

/** What is here and cannot be read is not called received. */
const readable = (
  { completeness: total, request }: ResolvedReadings,
  ofSpan: Partial<Completeness> | null,
  parts: readonly DamagedPart[] = [],
): Completeness => {
  const completeness = { ...total, ...ofSpan };
  const runs = parts.length === 0 ? [] : unpackRuns(request.runs);
  const isNumbered = ({ epoch, run }: DamagedPart): boolean =>
    runs.some((each) => each.epoch === epoch && each.index === run && !each.isUnsequenced);
  const numbers = parts.filter(isNumbered).reduce((sum, { count }) => sum + (count ?? 0), 0);
  const damaged = Math.min(numbers, completeness.received);
  if (damaged === 0) return completeness;
  return { ...completeness, received: completeness.received - damaged, damaged };
};

const gapRequest = (query: GapsQuery, device: DeviceView | null): GapRequest => {
  const { device: _, after, ...filters } = query;
  return {
    ...filters,
    runs: device === null ? null : device.runNumbers,
    after: after === null ? null : [Number(after[0]), Number(after[1])],
  };
};

/** Where readings of a channel may be that the ledger in memory knows no name for; null = nowhere. */
const inDoubt = (device: DeviceView): Pick<ChannelsRequest, "runs" | "lacking"> | null => {
  const { packedRuns: runs, hasAllNewest } = device;
  if (!hasAllNewest) return { runs, lacking: null };
  const lacking = device.lackingIn(runs.places);
  return lacking.every((channels) => channels.length === 0) ? null : { runs, lacking };
};

/** Numbers not yet committed are left out on both sides: no reading of theirs can be in the answer. */
const completenessOfDevice = ({ total: { counts } }: DeviceView): Completeness => {
  const pending = Number(counts.pending);
  return {
    expected: Number(counts.expected) - pending,
    received: Number(counts.received) - pending,
    missing: Number(counts.missing),
    lost: Number(counts.lost),
    unknown: Number(counts.unknown),
  };
};
