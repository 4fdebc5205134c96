import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { createExchanges, Exchange } from "../../../collector/handover/exchange.ts";
import { LANE_BLOCKS, type LaneSink } from "../../../collector/handover/lane.ts";
import { KIND } from "../../../protocol/constants.ts";
import { Datagram } from "../../../protocol/datagram.ts";

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

const pass = (exchange: Exchange, length: number): boolean => {
  const datagram = new Datagram();
  datagram.kind = KIND.DATA;
  datagram.pointId(new TextEncoder().encode("pump-7"));
  return exchange.pass(1, datagram, 0, new Uint8Array(length), 0, length, "192.0.2.1", 4711);
};

test("what waits for its block to be full is sent after a moment, again and again", async () => {
  let taken = 0;
  const sink = { ...SINK, datagram: () => void taken++ };
  exchanges.push(...createExchanges(2, 1).map((ends) => new Exchange(ends, sink)));
  for (const expected of [1, 2]) {
    pass(exchanges[0]!, 10);
    await expect.poll(() => taken, { interval: 1 }).toBe(expected);
  }
});

test("what found no block is counted as shed, each time", () => {
  exchanges.push(...createExchanges(2, 1).map((ends) => new Exchange(ends, SINK)));
  const [own] = exchanges as [Exchange];
  let passed = 0;
  while (pass(own, 65_507)) passed++;
  expect(pass(own, 65_507)).toBe(false);
  expect([passed, own.shed, own.blocksInUse]).toEqual([4 * LANE_BLOCKS, 2, LANE_BLOCKS]);
});

test("what another worker missed is known as of when it had read its sockets", async () => {
  exchanges.push(...createExchanges(3, 1).map((ends) => new Exchange(ends, SINK)));
  const [own, ...others] = exchanges as [Exchange, Exchange, Exchange];
  for (const [index, other] of others.entries()) other.flush(60 + index, false, [4 + index, null]);
  await expect.poll(() => own.missedElsewhere(0, 60), { interval: 1 }).toBe(9);
  expect([own.missedElsewhere(0, 61), own.missedElsewhere(1, 60)]).toEqual([null, null]);
});
