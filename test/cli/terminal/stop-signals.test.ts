import { afterEach, expect, test } from "vitest";
import { stopSignals } from "../../../cli/terminal/stop-signals.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const clock = new ManualClock();
let signals: ReturnType<typeof stopSignals>;
afterEach(() => signals.dispose());

/** Which of the two promises are resolved, and by what. */
const came = async (): Promise<unknown[]> => {
  const nothing = Promise.resolve(null);
  return [await Promise.race([signals.received, nothing]), await Promise.race([signals.again, nothing])];
};

const sent = (signal: NodeJS.Signals, afterMs: number): Promise<unknown[]> => {
  clock.advanceMs(afterMs);
  process.emit(signal, signal);
  return came();
};

test("one Ctrl-C that comes twice, since npm passes it on, is one; the next one is the second", async () => {
  signals = stopSignals([], clock);
  expect(await came()).toEqual([null, null]);
  expect(await sent("SIGINT", 0)).toEqual(["SIGINT", null]);
  expect(await sent("SIGINT", 5)).toEqual(["SIGINT", null]);
  expect(await sent("SIGTERM", 700)).toEqual(["SIGINT", "SIGTERM"]);
});

test("SIGHUP is left to the system, unless it is named", async () => {
  const before = process.listenerCount("SIGHUP");
  signals = stopSignals();
  expect(process.listenerCount("SIGHUP")).toBe(before);
  signals.dispose();
  signals = stopSignals(["SIGHUP"]);
  expect(await sent("SIGHUP", 0)).toEqual(["SIGHUP", null]);
});
