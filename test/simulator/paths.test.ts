import { expect, test } from "vitest";
import { KIND } from "../../protocol/constants.ts";
import { intersect, sizeOf, subtract } from "../../protocol/ranges.ts";
import { audit } from "../../simulator/audit/audit.ts";
import { Fleet } from "../../simulator/fleet/fleet.ts";
import { uniform } from "../../simulator/fleet/random.ts";
import type { DepartureRecord } from "../../simulator/truth/departures.ts";
import { type ReferenceLedger, referenceLedger, sourceOf } from "./reference-ledger.ts";
import { fixedSettings, IMPAIRED, type Sent, sentBy, simulateInMemory } from "./support.ts";

const TWO = { ...IMPAIRED, devices: 4, rateHz: 50, count: 400, targetB: "udp://127.0.0.1:4748" };
const LOSSY = { devices: 4, rateHz: 50, count: 1000, loss: 0.05, targetB: "udp://127.0.0.1:4748" };

/** DATA only: when farewells leave depends on when the last datagram did. */
const linesOf = (sent: readonly Sent[]): string[] =>
  sent
    .filter(({ emission }) => emission.kind === KIND.DATA)
    .map(({ emission: { dueUs }, bytes }) => `${dueUs} ${Buffer.from(bytes).toString("hex")}`);

const deliveredOn = ({ dropped, corrupted }: DepartureRecord, next: number) =>
  subtract(subtract([[0, next - 1]], dropped), corrupted);

test("what leaves by the first path does not depend on there being a second", () => {
  const { sent } = simulateInMemory(fixedSettings(TWO));
  const alone = simulateInMemory(fixedSettings({ ...TWO, targetB: null }));
  expect(linesOf(sent.filter(({ emission }) => emission.path === 0))).toEqual(linesOf(alone.sent));
});

test("the paths lose independently, what both lost is dropped", () => {
  const { truth } = simulateInMemory(fixedSettings(LOSSY));
  let numbers = 0;
  let both = 0;
  const lost = [0, 0];
  for (const { next, dropped, paths } of truth.records) {
    const [a, b] = paths!;
    expect(intersect(a!.dropped, b!.dropped)).toEqual(dropped);
    numbers += next;
    both += sizeOf(dropped);
    for (const [path, { dropped: here }] of paths!.entries()) lost[path]! += sizeOf(here);
  }
  expect(numbers).toBe(4000);
  for (const count of lost) expect(Math.abs(count / numbers - 0.05)).toBeLessThan(0.015);
  expect(both).toBeGreaterThan(0);
  expect(both / numbers).toBeLessThan(0.01);
});

test.each([
  ["all of it", 0],
  ["what the system did not refuse", 0.3],
])("the truth says of each path what really left by it: %s", (_what, refused) => {
  const settings = fixedSettings(TWO);
  const fleet = new Fleet(settings);
  const sent = [...sentBy(fleet, settings)].filter(({ emission }, index) => {
    const leaves = uniform(7, index) >= refused;
    if (!leaves) fleet.countRefused(emission);
    return leaves;
  });
  for (const [device, { next, paths }] of [...fleet.truth()].entries()) {
    for (const [path, record] of paths!.entries()) {
      const intact = new Array<number>(next).fill(0);
      for (const { emission } of sent)
        if (
          emission.kind === KIND.DATA &&
          emission.device === device &&
          emission.path === path &&
          emission.damage === 0
        )
          intact[emission.sequence]!++;
      const numbers = intact.flatMap((count, number) => (count > 0 ? [number] : []));
      expect(deliveredOn(record, next).flatMap(([first, last]) => numbersOf(first, last))).toEqual(numbers);
      const further = record.copies.reduce((sum, [first, last, k]) => sum + (last - first + 1) * (k - 1), 0);
      expect(intact.reduce((sum, count) => sum + Math.max(0, count - 1), 0)).toBe(further);
    }
  }
});

/** What a collector with two paths, listening since then, has counted of the fleet; and its audit. */
const twoPaths = (listeningSinceUs: number) => {
  const { sent, truth } = simulateInMemory(fixedSettings(TWO));
  const ledger = referenceLedger(
    sent.map(({ bytes }) => bytes),
    { listeningSinceUs },
  );
  const differences = async () => (await audit(truth, sourceOf(ledger))).differences;
  return { ledger, truth, differences };
};

/** Counts so many further copies as redundant that were duplicates. */
const countRedundant = (ledger: ReferenceLedger, device: string, copies: number): void => {
  const known = ledger.devices.get(device)!;
  for (const counts of [known.counts, known.runs[0]!.counts, ledger.fleet.counts]) {
    counts.duplicates = Number(counts.duplicates) - copies;
    counts.redundant = Number(counts.redundant) + copies;
  }
};

const countAllRedundant = ({
  ledger,
  truth,
}: Pick<ReturnType<typeof twoPaths>, "ledger" | "truth">): void => {
  for (const { device, next, paths } of truth.records) {
    const [a, b] = paths!.map((path) => deliveredOn(path, next));
    countRedundant(ledger, device, sizeOf(intersect(a!, b!)));
  }
};

test("an audit tells redundant copies from duplicates; a collector without paths has duplicates only", async () => {
  const { ledger, truth, differences } = twoPaths(0);
  expect(await differences()).toEqual([]);
  countAllRedundant({ ledger, truth });
  expect(await differences()).toEqual([]);
  countRedundant(ledger, truth.records[0]!.device, -1);
  expect((await differences()).map(({ subject }) => subject)).toEqual(
    expect.arrayContaining(["duplicates", "redundant"]),
  );
});

test("a collector that was started meanwhile has forgotten by which path numbers came, but has no more copies than there are", async () => {
  const { ledger, truth, differences } = twoPaths(Number.MAX_SAFE_INTEGER);
  countAllRedundant({ ledger, truth });
  const { device } = truth.records[0]!;
  countRedundant(ledger, device, -1);
  expect(await differences()).toEqual([]);
  const { counts } = ledger.devices.get(device)!.runs[0]!;
  counts.duplicates = Number(counts.duplicates) + 1;
  expect((await differences()).map(({ subject }) => subject)).toContain("duplicates");
});

const numbersOf = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);
