import { channelOfColumn } from "../../api/answers/csv-text.ts";
import type { DamagedPart, ReadingRow } from "../../api/sources.ts";
import { ApiAnswerError, type ApiClient, devicePath } from "../../common/api-client.ts";
import { LacunaError, messageOf } from "../../common/errors.ts";
import { formatTime } from "../../protocol/time.ts";
import { csvCells } from "./csv-cells.ts";
import { type ExportPage, type ExportQuery, type ExportSource, withDamaged } from "./source.ts";

const DEVICES_PER_PAGE = 1000;
/** what comes before the channels in the header of CSV */
const FIRST_COLUMNS = 4;

interface LineJson {
  time: number;
  epoch: number | null;
  run: number;
  seq: number | null;
  values: Record<string, number | boolean | string>;
}

interface DamagedJson {
  damaged: DamagedPart;
}

/** The devices of a running collector. @param signal - gives up what is on its way */
export const apiExportSource = (client: ApiClient, signal: AbortSignal): ExportSource => {
  const open = (device: string, type: string, query: URLSearchParams): Promise<Response | null> =>
    client
      // packing and unpacking would be most of the work
      .open(`${devicePath(device)}/readings?${query}`, type, {
        signal,
        headers: { "accept-encoding": "identity" },
      })
      .catch((error: unknown) => {
        if (isUnknownDevice(error)) return null;
        throw error;
      });
  return {
    // the collector's status tells
    lost: null,
    async devices() {
      const ids: string[] = [];
      const pages = client.pages<"devices", { id: string }>(
        "/devices",
        "devices",
        DEVICES_PER_PAGE,
        {},
        { signal },
      );
      for await (const page of pages) ids.push(...page.map(({ id }) => id));
      return ids;
    },
    async channelNames(device) {
      const response = await open(device, "text/csv", new URLSearchParams({ format: "csv", limit: "1" }));
      if (response === null) return null;
      const text = await response.text().catch((error: unknown) => {
        throw cutError(device, error);
      });
      return csvCells(text).slice(FIRST_COLUMNS).map(channelOfColumn);
    },
    async *readings(device, query) {
      const response = await open(device, "application/x-ndjson", queryOf(query));
      if (response === null) return;
      const completeness = completenessOf(response.headers.get("lacuna-completeness") ?? "");
      yield { rows: [], completeness };
      for await (const lines of linesOf(device, response)) {
        const parsed = lines.map((line) => JSON.parse(line) as LineJson | DamagedJson);
        const damaged = parsed.filter(isDamaged).map((line) => line.damaged);
        const rows = parsed.filter((line): line is LineJson => !isDamaged(line)).map(rowOf);
        yield { rows, completeness, ...(damaged.length > 0 && { damaged }) };
      }
    },
    close: () => {},
  };
};

/** Not where only a channel is unknown: it was renamed meanwhile, and its readings would be left out. */
const isUnknownDevice = (error: unknown): boolean =>
  error instanceof ApiAnswerError && error.status === 404 && error.problem !== "ERR_UNKNOWN_CHANNEL";

const queryOf = ({ channels, fromUs, toUs }: ExportQuery): URLSearchParams => {
  const query = new URLSearchParams({ format: "ndjson", time: "us", damaged: "tell" });
  for (const name of channels) query.append("channel", name);
  if (fromUs !== null) query.set("from", formatTime(fromUs));
  if (toUs !== null) query.set("to", formatTime(toUs));
  return query;
};

const completenessOf = (header: string): ExportPage["completeness"] => {
  const member = (name: string): number => Number(new RegExp(`\\b${name}=(\\d+)`).exec(header)?.[1] ?? 0);
  return withDamaged({
    expected: member("expected"),
    received: member("received"),
    damaged: member("damaged"),
  });
};

const cutError = (device: string, cause: unknown): LacunaError =>
  new LacunaError(
    "ERR_EXPORT_CUT",
    `the readings of ${JSON.stringify(device)} broke off: ${messageOf(cause)}`,
    {
      cause,
    },
  );

/** Whole lines, as many as each piece of the body brings. A body that is cut off is an error. */
async function* linesOf(device: string, { body }: Response): AsyncGenerator<string[]> {
  let rest = "";
  try {
    for await (const text of body!.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      if (lines.length > 0) yield lines;
    }
  } catch (error) {
    throw cutError(device, error);
  }
  if (rest !== "")
    throw new LacunaError("ERR_EXPORT_CUT", `the readings of ${JSON.stringify(device)} broke off`);
}

const isDamaged = (line: LineJson | DamagedJson): line is DamagedJson => "damaged" in line;

const rowOf = ({ time, epoch, run, seq, values }: LineJson): ReadingRow => ({
  timeUs: time,
  epoch,
  run,
  sequence: seq,
  names: Object.keys(values),
  // "NaN", "Infinity" and "-Infinity" are how the API writes what JSON has no number for
  values: Object.values(values).map((value) => (typeof value === "string" ? Number(value) : value)),
});
