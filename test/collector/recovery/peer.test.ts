import fc from "fast-check";
import { expect, test } from "vitest";
import { Peer } from "../../../collector/recovery/peer.ts";
import { NaivePeer } from "../../support/naive-peer.ts";

const elapsed = fc.constantFrom(0, 1, 50, 100, 249, 250, 251, 300, 500, 1000, 28_500, 30_000);
const event = fc.record({
  elapsed,
  kind: fc.constantFrom("nack", "nack", "nack", "heard", "heard", "answer", "gone", "nothing"),
  back: fc.nat(5),
  requests: fc.integer({ min: 1, max: 3 }),
});

test("a device is deaf, busy or to be tried as all that was asked and answered says", () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      const [peer, naive] = [new Peer(), new NaivePeer()];
      let nowMs = 5000;
      let heardMs = nowMs;
      for (const { elapsed: ms, kind, back, requests } of events) {
        nowMs += ms;
        const askedAtMs = naive.nacksMs.at(-1 - back);
        if (kind === "nack") {
          peer.asked("192.0.2.7", 5000, heardMs, nowMs);
          naive.nacksMs.push(nowMs);
          naive.heardMs.push(heardMs);
        } else if (kind === "heard") heardMs = nowMs;
        else if (kind === "answer" && askedAtMs !== undefined) {
          peer.answered(requests, askedAtMs, nowMs);
          naive.answers.push({ requests, askedAtMs, atMs: nowMs });
        } else if (kind === "gone" && askedAtMs !== undefined) {
          peer.spoke();
          naive.hasSpoken = true;
        }
        expect([peer.isDeaf(nowMs), peer.mayProbe(nowMs)]).toEqual([
          naive.isDeaf(nowMs),
          naive.mayProbe(nowMs),
        ]);
        expect(peer.roundTrip).toMatchObject({
          spacingMs: naive.roundTrip.spacingMs,
          smoothedMs: naive.roundTrip.smoothedMs,
        });
        for (const atMs of naive.nacksMs)
          expect(peer.busyUntilMs(atMs, nowMs)).toBe(naive.busyUntilMs(atMs, nowMs));
      }
    }),
    { numRuns: 300 },
  );
});

test.each([
  [6, 1499, false],
  [6, 1500, true],
  [5, 9000, false],
])("a device that left %i NACKs unanswered in %i ms is deaf: %s", (nacks, spanMs, isDeaf) => {
  const peer = new Peer();
  for (let nack = 0; nack < nacks; nack++) peer.asked("192.0.2.7", 5000, nack * 50, nack * 50);
  expect(peer.isDeaf(spanMs)).toBe(isDeaf);
});

test("what a device left unanswered elsewhere does not count", () => {
  const peer = new Peer();
  for (let nack = 0; nack < 6; nack++) peer.asked("192.0.2.7", 5000, nack * 50, nack * 50);
  for (let nack = 0; nack < 5; nack++) peer.asked("192.0.2.7", 5001, 2000 + nack * 50, 2000 + nack * 50);
  expect(peer.isDeaf(9000)).toBe(false);
  peer.asked("192.0.2.7", 5001, 9000, 9000);
  expect(peer.isDeaf(9000)).toBe(true);
});
