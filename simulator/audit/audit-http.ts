import { ApiClient, devicePath } from "../../common/api-client.ts";
import type { LedgerCounts } from "../../protocol/ledger-counts.ts";
import { parseTime } from "../../protocol/time.ts";
import type { AuditDevice, AuditFleet, AuditGap, AuditReading, AuditSource } from "./source.ts";

/** The parts of the API's answers (docs/api.md) that an audit reads. */
interface DeviceLedgerJson {
  total: LedgerCounts;
  epochs: (LedgerCounts & Omit<AuditDevice["runs"][number], "counts">)[];
}
interface ReadingJson {
  time: string;
  epoch: number | null;
  run: number;
  seq: number | null;
  values: Record<string, number | boolean | string>;
}
interface StatusJson {
  listeners: { state: string; since: string }[];
}

/** how the API writes what JSON has no number for */
const NO_JSON_NUMBERS: ReadonlyMap<unknown, number> = new Map(
  [Number.NaN, Infinity, -Infinity].map((number) => [String(number), number]),
);

const PAGE = 1000;
const READINGS_PAGE = 10_000;

/**
 * A collector seen through its HTTP API.
 * @param baseUrl - such as http://127.0.0.1:8047
 * @param token - what an API with tokens asks for
 * @returns a source whose calls throw LacunaError `ERR_AUDIT_HTTP` when the API cannot be reached or answers with an error
 */
export const httpAuditSource = (baseUrl: string, token: string | null = null): AuditSource => {
  const client = new ApiClient(baseUrl, { token, errorCode: "ERR_AUDIT_HTTP" });
  return {
    async fleet() {
      const { total } = await client.get<{ total: LedgerCounts & Omit<AuditFleet, "counts"> }>("/ledger", {
        total: { causes: {} },
      });
      return { ...total, counts: total };
    },
    async *devices() {
      for await (const page of client.pages<"devices", { id: string }>("/devices", "devices", PAGE)) {
        yield page.map(({ id }) => id);
      }
    },
    async device(id) {
      const ledger = await client.find<DeviceLedgerJson>(`${devicePath(id)}/ledger`, {
        total: { causes: {} },
        epochs: [{ causes: {} }],
      });
      if (ledger === null) return null;
      return { counts: ledger.total, runs: ledger.epochs.map((epoch) => ({ ...epoch, counts: epoch })) };
    },
    gaps: (id) => client.pages<"gaps", AuditGap>(`${devicePath(id)}/gaps`, "gaps", PAGE),
    async *readings(id) {
      const path = `${devicePath(id)}/readings`;
      for await (const page of client.pages<"readings", ReadingJson>(path, "readings", READINGS_PAGE)) {
        yield page.map(readingOf);
      }
    },
    async listeningSinceUs() {
      const { listeners } = await client.get<StatusJson>("/status", { listeners: [{}] });
      const sinceUs = listeners.filter(({ state }) => state === "OK").map(({ since }) => parseTime(since));
      return sinceUs.length === 0 ? null : Math.max(...sinceUs);
    },
  };
};

const readingOf = ({ time, epoch, run, seq, values }: ReadingJson): AuditReading => ({
  epoch,
  run,
  sequence: seq,
  timeUs: parseTime(time),
  values: Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, NO_JSON_NUMBERS.get(value) ?? value]),
  ),
});
