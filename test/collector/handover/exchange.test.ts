import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { createExchanges, Exchange } from "../../../collector/handover/exchange.ts";
import type { LaneSink } from "../../../collector/handover/lane.ts";

const SINK: LaneSink = { datagram: () => {}, shed: () => {}, send: () => {}, listenerBreak: () => {} };
const exchanges: Exchange[] = [];
afterEach(() => {
  for (const exchange of exchanges.splice(0)) exchange.close();
});

test("another worker holds nobody back for long, what waits here does", async () => {
  exchanges.push(...createExchanges(2, 1).map((ends) => new Exchange(ends, SINK)));
  const [own, other] = exchanges as [Exchange, Exchange];
  expect(own.drainedAtMs(90, 50)).toBe(50);
  expect(own.drainedAtMs(20, 50)).toBe(20);
  other.flush(60);
  while (own.drainedAtMs(90, 50) === 50) await sleep(1);
  expect([own.drainedAtMs(90, 50), own.drainedAtMs(40, 50), own.drainedAtMs(90, 70)]).toEqual([60, 40, 70]);
});
