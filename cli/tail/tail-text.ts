import { csvText, csvValue } from "../../api/answers/csv-text.ts";
import type { StreamEvent } from "./event-stream.ts";

export const TAIL_FORMATS = ["text", "json", "csv"] as const;
export type TailFormat = (typeof TAIL_FORMATS)[number];

interface ReadingEvent {
  device: string;
  epoch: number | null;
  run: number;
  seq: number | null;
  time: string;
  values: Record<string, number | boolean | string>;
}
interface GapEvent {
  device: string;
  epoch: number | null;
  run: number;
  first: number;
  last: number;
  count: number;
  state: "lost" | "filled";
  cause: string | null;
  /** how filled ones came */
  arrival: string | null;
  at: string;
}
interface SkippedEvent {
  event: string;
  reason: string;
  from: string | null;
  to: string | null;
}

/** An event of the feed as it is understood here. */
type Told =
  | { event: "reading" | "late"; data: ReadingEvent }
  | { event: "gap"; data: GapEvent }
  | { event: "skipped"; data: SkippedEvent };

/** What a line is about: a terminal shows it in a colour. */
export type Tone = "late" | "lost" | "filled" | "skipped";
export type Paint = (tone: Tone, text: string) => string;

/** Before the first event; "" = nothing. */
export const tailHeader = (format: TailFormat): string =>
  format === "csv" ? "event,time,device,epoch,run,seq,last,channel,value,cause\n" : "";

const isTold = (event: StreamEvent): boolean =>
  event.event === "reading" || event.event === "late" || event.event === "gap" || event.event === "skipped";

/** Events of the feed as lines; ledgers are left out. */
export const tailLines = (events: readonly StreamEvent[], format: TailFormat, paint: Paint): string => {
  let lines = "";
  for (const event of events) {
    if (!isTold(event)) continue;
    if (format === "json") lines += jsonLine(event);
    else {
      const told = { event: event.event, data: JSON.parse(event.data) } as Told;
      lines += format === "csv" ? csvLines(told) : textLine(told, paint);
    }
  }
  return lines;
};

const jsonLine = ({ event, data }: StreamEvent): string => {
  // as it came, so that every value stays what it is
  if (event !== "skipped") return `{"event":"${event}",${data.slice(1)}\n`;
  // a member of one name cannot say both what the line is and what was left out
  const { event: kind, ...rest } = JSON.parse(data) as SkippedEvent;
  return `${JSON.stringify({ event, kind, ...rest })}\n`;
};

const textLine = ({ event, data }: Told, paint: Paint): string => {
  switch (event) {
    case "reading":
      return `${readingText(data)}\n`;
    case "late":
      return `${paint("late", `${readingText(data)}  (late)`)}\n`;
    case "gap":
      return `${paint(data.state, gapText(data))}\n`;
    case "skipped":
      return `${paint("skipped", skippedText(data))}\n`;
  }
};

const readingText = ({ time, device, seq, values }: ReadingEvent): string => {
  const shown = Object.entries(values).map(([name, value]) => `${name}=${csvValue(value)}`);
  return `${time}  ${device}  #${seq ?? "–"}  ${shown.join(" ")}`;
};

const gapText = ({ at, device, epoch, first, last, count, state, cause, arrival }: GapEvent): string => {
  const numbers = first === last ? `#${first}` : `#${first} to #${last}, ${count} numbers`;
  const ofEpoch = epoch === null ? "" : ` of epoch ${epoch}`;
  return `${at}  ${device}  ${numbers}${ofEpoch}: ${state}, ${arrival ?? cause}`;
};

const skippedText = ({ event, reason, from, to }: SkippedEvent): string => {
  const span = from === null && to === null ? "" : ` between ${from ?? "?"} and ${to ?? "?"}`;
  return `some events (${event})${span} are not shown: ${reason}`;
};

/** A reading has a line for each of its values; a gap one with its first and last number. */
const csvLines = ({ event, data }: Told): string => {
  switch (event) {
    case "gap": {
      const { state, at, device, epoch, run, first, last, cause } = data;
      return `${[state, at, csvText(device), epoch ?? "", run, first, last, "", "", cause ?? ""].join(",")}\n`;
    }
    case "skipped":
      return `${["skipped", data.from ?? "", "", "", "", "", "", "", "", data.reason].join(",")}\n`;
    default: {
      const { time, device, epoch, run, seq, values } = data;
      const head = [event, time, csvText(device), epoch ?? "", run, seq ?? "", seq ?? ""].join(",");
      return Object.entries(values)
        .map(([name, value]) => `${head},${csvText(name)},${csvValue(value)},\n`)
        .join("");
    }
  }
};
