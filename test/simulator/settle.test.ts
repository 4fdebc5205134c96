import { expect, test } from "vitest";
import { systemClock } from "../../common/clock.ts";
import type { AuditFleet, AuditSource } from "../../simulator/audit.ts";
import { settle } from "../../simulator/settle.ts";
import { referenceLedger, sourceOf } from "./reference-ledger.ts";

/** A source whose fleet is what `at` says at the n-th question. */
const sourceWith = (at: (asked: number) => Partial<AuditFleet>): AuditSource & { asked: () => number } => {
  const ledger = referenceLedger([]);
  let asked = 0;
  return {
    ...sourceOf(ledger),
    fleet: async () => ({ ...ledger.fleet, ...at(asked++) }),
    asked: () => asked,
  };
};

test("a collector that still receives has not settled", async () => {
  const source = sourceWith((asked) => ({ datagrams: Math.min(asked, 4) }));
  expect(await settle(source, systemClock, 150_000, 1)).toBe(true);
  expect(source.asked()).toBeGreaterThan(8);
});

test("numbers that are missing are waited for, until nothing has changed for longer than a device is asked for them", async () => {
  const { counts } = referenceLedger([]).fleet;
  const missing = (asked: number): Partial<AuditFleet> => ({
    counts: { ...counts, missing: asked < 30 ? 2 : 0 },
  });
  const source = sourceWith(missing);
  expect(await settle(source, systemClock, 150_000, 1)).toBe(true);
  expect(source.asked()).toBeGreaterThan(30);
  const lasting = sourceWith(() => missing(0));
  expect(await settle(lasting, systemClock, 150_000, 1)).toBe(true);
  expect(lasting.asked()).toBeGreaterThan(50);
});

test("a collector that keeps a datagram held does not settle", async () => {
  const source = sourceWith(() => ({ held: 1 }));
  expect(await settle(source, systemClock, 50, 1)).toBe(false);
});
