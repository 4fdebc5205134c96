import { expect, test } from "vitest";
import { OverflowGate } from "../../../collector/receive/overflow-gate.ts";

const BUFFER = 1000;

test("a burst that overflows the socket does not shut it", () => {
  const gate = new OverflowGate();
  expect(gate.sample(0, BUFFER, BUFFER, 500)).toBe(false);
  for (let nowMs = 4; nowMs < 1000; nowMs += 4) expect(gate.sample(nowMs, BUFFER, BUFFER, 500)).toBe(false);
});

test("drops that go on for 250 ms shut the socket, once", () => {
  const gate = new OverflowGate();
  const answers = [0, 100, 200, 300, 400].map((nowMs) => gate.sample(nowMs, BUFFER, BUFFER, nowMs + 1));
  expect(answers).toEqual([false, false, false, true, false]);
  expect([gate.isShut, gate.isOverloaded(10_000)]).toEqual([true, true]);
});

test("249 ms of drops are a burst, 250 ms are none", () => {
  const isShutAfter = (ms: number): boolean => {
    const gate = new OverflowGate();
    gate.sample(100, BUFFER, BUFFER, 1);
    return gate.sample(100 + ms, BUFFER, BUFFER, 2);
  };
  expect([isShutAfter(249), isShutAfter(250)]).toEqual([false, true]);
});

test("a socket that is long not read empty has time from its first drop", () => {
  const gate = new OverflowGate();
  const answers = [0, 300, 600, 800].map((nowMs) =>
    gate.sample(nowMs, BUFFER, BUFFER, Math.max(0, nowMs - 299)),
  );
  expect(answers).toEqual([false, false, true, false]);
});

test("a socket that is read empty between its drops keeps up", () => {
  const gate = new OverflowGate();
  for (let nowMs = 0; nowMs < 1000; nowMs += 40) {
    expect(gate.sample(nowMs, BUFFER, BUFFER, nowMs + 1)).toBe(false);
    expect(gate.emptied(nowMs + 20)).toBe(false);
  }
});

test("a shut socket is opened when it has been read empty, and shut again before it overflows while the overload lasts", () => {
  const gate = new OverflowGate();
  gate.sample(0, BUFFER, BUFFER, 1);
  expect(gate.sample(260, BUFFER, BUFFER, 2)).toBe(true);
  expect(gate.emptied(290)).toBe(true);
  expect(gate.emptied(291)).toBe(false);
  expect(gate.sample(300, 749, BUFFER, 3)).toBe(false);
  expect(gate.sample(304, 750, BUFFER, 3)).toBe(true);
  gate.emptied(800);
  expect(gate.sample(1299, 750, BUFFER, 4)).toBe(true);
});

test("half a second after it was opened a full socket is a burst again", () => {
  const gate = new OverflowGate();
  gate.sample(0, BUFFER, BUFFER, 1);
  gate.sample(260, BUFFER, BUFFER, 2);
  gate.emptied(300);
  expect([gate.isOverloaded(799), gate.isOverloaded(800)]).toEqual([true, false]);
  expect(gate.sample(800, BUFFER, BUFFER, 3)).toBe(false);
});
