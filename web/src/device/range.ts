/** The span of time a device's charts show, as the URL has it. */
export type Range =
  | { kind: "last"; seconds: number }
  | { kind: "all" }
  /** milliseconds since the Unix epoch */
  | { kind: "fixed"; fromMs: number; toMs: number };

const DEFAULT_SECONDS = 300;
/** closer than this nothing is to be seen */
const SHORTEST_MS = 20;

/** No reading has a time outside (docs/protocol.md), nor would the API take one with more than four digits of a year. */
const EARLIEST_MS = Date.UTC(2000, 0, 1);
const LATEST_MS = Date.UTC(2200, 0, 1);

const clamped = (ms: number): number => Math.min(LATEST_MS, Math.max(EARLIEST_MS, ms));

/** The part of a stretch in which something can be; never empty. */
const possible = (fromMs: number, toMs: number): Range => {
  const from = Math.min(clamped(fromMs), LATEST_MS - SHORTEST_MS);
  return { kind: "fixed", fromMs: from, toMs: Math.max(clamped(toMs), from + SHORTEST_MS) };
};

/** From `from` and `to` (RFC 3339), or `last` (seconds, or `all`); what makes no sense is the default. */
export const parseRange = (parameters: URLSearchParams): Range => {
  const fromMs = clamped(Date.parse(parameters.get("from") ?? ""));
  const toMs = clamped(Date.parse(parameters.get("to") ?? ""));
  if (toMs - fromMs >= 1) return { kind: "fixed", fromMs, toMs };
  const last = parameters.get("last");
  if (last === "all") return { kind: "all" };
  const seconds = Number(last);
  return { kind: "last", seconds: seconds >= 1 && seconds <= 1e9 ? seconds : DEFAULT_SECONDS };
};

/** Parameters for `setParameters`; null takes one away. */
export const formatRange = (
  range: Range,
): { from: string | null; to: string | null; last: string | null } => {
  if (range.kind === "fixed") {
    return {
      from: new Date(Math.round(range.fromMs)).toISOString(),
      to: new Date(Math.round(range.toMs)).toISOString(),
      last: null,
    };
  }
  const last =
    range.kind === "all" ? "all" : range.seconds === DEFAULT_SECONDS ? null : String(range.seconds);
  return { from: null, to: null, last };
};

/** The same middle, longer or shorter by `factor`, and long enough to see something. */
export const zoomed = ({ fromMs, toMs }: Span, factor: number): Range => {
  const middle = (fromMs + toMs) / 2;
  const half = Math.max(SHORTEST_MS, (toMs - fromMs) * factor) / 2;
  return possible(middle - half, middle + half);
};

/** Moved by a share of its length, backward when negative. */
export const panned = ({ fromMs, toMs }: Span, share: number): Range => {
  const by = (toMs - fromMs) * share;
  return possible(fromMs + by, toMs + by);
};

export interface Span {
  fromMs: number;
  toMs: number;
}

/** around what is looked at, milliseconds */
const AROUND_MS = 5000;

/** A stretch with what lies around it. */
export const lookedAt = ({ fromMs, toMs }: Span): Range => ({
  kind: "fixed",
  fromMs: fromMs - AROUND_MS,
  toMs: toMs + AROUND_MS,
});

/** A moment with what lies around it: a tenth of what is shown, since of a device that speaks seldom seconds hold one reading or none. */
export const closeTo = (atMs: number, { fromMs, toMs }: Span): Range => {
  const aroundMs = Math.max(AROUND_MS, (toMs - fromMs) / 20);
  return possible(atMs - aroundMs, atMs + aroundMs);
};

/** All that is stored may have one time: a second around it, in which it is seen. */
export const notEmpty = ({ fromMs, toMs }: Span): Span =>
  toMs - fromMs >= SHORTEST_MS ? { fromMs, toMs } : { fromMs: fromMs - 500, toMs: toMs + 500 };

/** The stretch a range means before any answer; null for `all`, whose ends only an answer tells. */
export const spanOfRange = (range: Range, nowMs: number): Span | null => {
  if (range.kind === "all") return null;
  if (range.kind === "last") return { fromMs: nowMs - range.seconds * 1000, toMs: nowMs };
  return { fromMs: range.fromMs, toMs: range.toMs };
};

/** milliseconds: lengths of a bucket that people can read */
const STEPS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000,
  600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 21_600_000, 43_200_000, 86_400_000,
];

/** Length of a bucket so that a span has about one for each of `points` pixels, and ends of the span that lie on buckets: they stay where they are while time goes on. */
export const bucketsFor = ({ fromMs, toMs }: Span, points: number): Span & { stepMs: number } => {
  const wanted = (toMs - fromMs) / points;
  const stepMs = STEPS.find((step) => step >= wanted) ?? Math.ceil(wanted / 86_400_000) * 86_400_000;
  return { fromMs: Math.floor(fromMs / stepMs) * stepMs, toMs: Math.ceil(toMs / stepMs) * stepMs, stepMs };
};
