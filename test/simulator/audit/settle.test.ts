import { expect, test } from "vitest";
import { systemClock } from "../../../common/clock.ts";
import type { AuditFleet, AuditSource } from "../../../simulator/audit/audit.ts";
import { settle } from "../../../simulator/audit/settle.ts";
import { referenceLedger, sourceOf } from "../reference-ledger.ts";

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

test.each(["received", "missing", "lost"] as const)(
  "a collector of which only %s still moves, and stands still for a moment now and then, has not settled",
  async (name) => {
    const { counts } = referenceLedger([]).fleet;
    const source = sourceWith((asked) => ({
      counts: { ...counts, [name]: Math.floor(Math.min(asked, 40) / 4) },
    }));
    expect(await settle(source, systemClock, 150_000, 1)).toBe(true);
    expect(source.asked()).toBeGreaterThan(44);
  },
);

test("a collector that keeps a datagram held, or has one to store, does not settle", async () => {
  const { counts } = referenceLedger([]).fleet;
  for (const fleet of [{ held: 1 }, { counts: { ...counts, pending: 1 } }])
    expect(
      await settle(
        sourceWith(() => fleet),
        systemClock,
        50,
        1,
      ),
    ).toBe(false);
});
