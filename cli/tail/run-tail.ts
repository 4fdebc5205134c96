import { styleText } from "node:util";
import { ApiClient } from "../../common/api-client.ts";
import { formatTime } from "../../protocol/time.ts";
import { type ApiFlags, tokenOf } from "../options/api-flags.ts";
import { print } from "../terminal/output.ts";
import { stopSignals } from "../terminal/stop-signals.ts";
import { watchTrouble } from "../terminal/tell-trouble.ts";
import { liveEvents } from "./live-events.ts";
import { type Paint, type TailFormat, type Tone, tailHeader, tailLines } from "./tail-text.ts";

export interface TailFlags extends ApiFlags {
  device?: string[];
  channel?: string[];
  format: TailFormat;
}

/** As the feed asks browsers to. */
const RETRY_MS = 2000;

const COLOURS: Record<Tone, "yellow" | "red" | "green" | "magenta"> = {
  late: "yellow",
  lost: "red",
  filled: "green",
  skipped: "magenta",
};

/** Colours on a terminal only, and not where NO_COLOR says otherwise. */
const paint: Paint = (tone, text) => styleText(COLOURS[tone], text, { stream: process.stdout });

const pathOf = ({ device = [], channel = [] }: TailFlags): string => {
  const query = new URLSearchParams([
    ["event", "reading"],
    ["event", "gap"],
  ]);
  for (const id of device) query.append("device", id);
  for (const name of channel) query.append("channel", name);
  return `/live?${query}`;
};

const say = (sentence: string): void => {
  process.stderr.write(`${sentence}\n`);
};

/** Until a signal. */
export const tail = async (flags: TailFlags): Promise<void> => {
  const client = new ApiClient(flags.api, { token: tokenOf(flags.token) });
  const signals = stopSignals();
  const stop = new AbortController();
  void signals.received.then(() => stop.abort());
  const events = liveEvents(client, pathOf(flags), {
    signal: stop.signal,
    retryMs: RETRY_MS,
    onLost: (reason) => say(`the connection is lost (${reason}); trying again`),
    onAgain: (heardAtUs) =>
      say(
        `connected again; gaps noticed meanwhile are not told: lacuna gaps --from ${formatTime(heardAtUs)}`,
      ),
  });
  const watched = watchTrouble(client, stop.signal);
  let header = tailHeader(flags.format);
  try {
    for await (const piece of events) {
      const lines = header + tailLines(piece, flags.format, paint);
      header = "";
      if (lines !== "") await print(lines);
    }
  } finally {
    stop.abort();
    await watched;
    signals.dispose();
  }
};
