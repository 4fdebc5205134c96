import { expect, test } from "vitest";
import { COUNTERS, type LedgerCounts, zeroCounts } from "../../protocol/ledger-counts.ts";
import { CAUSES } from "../../protocol/ledger-row.ts";
import {
  brokenEnds,
  brokenFleetIdentities,
  brokenIdentities,
  brokenRunIdentities,
  brokenSums,
} from "../../simulator/audit/identities.ts";
import type { AuditFleet, AuditRun } from "../../simulator/audit/source.ts";

/** No two counters are alike, so that none stands for another. */
const soundCounts = (): LedgerCounts => ({
  ...zeroCounts(),
  ...{
    inOrder: 50,
    reordered: 20,
    recovered: 10,
    late: 5,
    received: 85,
    missing: 3,
    lost: 12,
    expected: 100,
  },
  ...{ pending: 30, stored: 40, expired: 15, duplicates: 6, redundant: 7, unsequenced: 8, unknown: 1 },
  causes: { ...zeroCounts().causes, network: 9, gone: 2, undetermined: 1 },
});

const soundRun = (given: Partial<AuditRun> = {}): AuditRun => ({
  ...{ epoch: 1, run: 0, first: 5, highWater: 104, headKnown: false, tailKnown: true, counts: soundCounts() },
  ...given,
});

const soundFleet = (): AuditFleet => ({
  ...{ counts: soundCounts(), control: 11, shed: 22, held: 33, rejected: { truncated: 10, "bad-magic": 4 } },
  datagrams: 85 + 6 + 7 + 8 + 11 + 22 + 33 + 14,
});

const plusOne = (counts: LedgerCounts, name: (typeof COUNTERS)[number]): LedgerCounts => ({
  ...counts,
  [name]: Number(counts[name]) + 1,
});

/** What an identity is called, of its sentence. */
const namesOf = (sentences: readonly string[]): string[] =>
  sentences.map((sentence) => sentence.slice(0, sentence.indexOf(":")));

const RECEIVED = "received = inOrder + reordered + recovered + late";
const EXPECTED = "expected = received + missing + lost";
const LOST = "lost = sum of causes";
const STORED = "received = pending + stored + expired";

test("sound counters break nothing", () => {
  expect(brokenIdentities(soundCounts())).toEqual([]);
  expect(brokenRunIdentities(soundRun())).toEqual([]);
  expect(brokenFleetIdentities(soundFleet())).toEqual([]);
  expect(brokenSums(soundCounts(), soundCounts())).toEqual([]);
});

test.each([
  ["expected", [EXPECTED]],
  ["received", [RECEIVED, EXPECTED, STORED]],
  ["inOrder", [RECEIVED]],
  ["reordered", [RECEIVED]],
  ["recovered", [RECEIVED]],
  ["late", [RECEIVED]],
  ["missing", [EXPECTED]],
  ["lost", [EXPECTED, LOST]],
  ["pending", [STORED]],
  ["stored", [STORED]],
  ["expired", [STORED]],
] as const)(
  "%s that is one too high breaks its identities, of a run, a device and the fleet",
  (name, broken) => {
    const counts = plusOne(soundCounts(), name);
    expect(namesOf(brokenIdentities(counts))).toEqual(broken);
    expect(namesOf(brokenRunIdentities(soundRun({ counts })))).toEqual(
      name === "expected" ? [...broken, "expected = highWater - first + 1"] : broken,
    );
    expect(namesOf(brokenFleetIdentities({ ...soundFleet(), counts }))).toEqual(
      name === "received" ? [...broken, DATAGRAMS] : broken,
    );
  },
);

test.each(CAUSES)("a cause %s that is one too high breaks the sum of causes", (cause) => {
  const counts = soundCounts();
  counts.causes[cause] = Number(counts.causes[cause]) + 1;
  expect(brokenIdentities(counts)).toEqual([`${LOST}: 12 is not 13`]);
});

const DATAGRAMS =
  "datagrams = received + duplicates + redundant + rejected + control + unsequenced + shed + held";
test.each([
  ["datagrams", (fleet: AuditFleet): AuditFleet => ({ ...fleet, datagrams: Number(fleet.datagrams) + 1 })],
  ["control", (fleet: AuditFleet): AuditFleet => ({ ...fleet, control: 12 })],
  ["shed", (fleet: AuditFleet): AuditFleet => ({ ...fleet, shed: 23 })],
  ["held", (fleet: AuditFleet): AuditFleet => ({ ...fleet, held: 34 })],
  [
    "rejected",
    (fleet: AuditFleet): AuditFleet => ({ ...fleet, rejected: { ...fleet.rejected, "bad-magic": 5 } }),
  ],
  [
    "duplicates",
    (fleet: AuditFleet): AuditFleet => ({ ...fleet, counts: plusOne(fleet.counts, "duplicates") }),
  ],
  [
    "redundant",
    (fleet: AuditFleet): AuditFleet => ({ ...fleet, counts: plusOne(fleet.counts, "redundant") }),
  ],
  [
    "unsequenced",
    (fleet: AuditFleet): AuditFleet => ({ ...fleet, counts: plusOne(fleet.counts, "unsequenced") }),
  ],
] as const)(
  "%s that is one too high leaves a datagram in no counter of the fleet, or in two",
  (_name, change) => {
    expect(namesOf(brokenFleetIdentities(change(soundFleet())))).toEqual([DATAGRAMS]);
  },
);

test.each(COUNTERS)("a total whose %s is not the sum of its parts is named", (name) => {
  expect(namesOf(brokenSums(plusOne(soundCounts(), name), soundCounts()))).toEqual([
    `${name} = sum of its parts`,
  ]);
});

test("a total whose causes are others than those of its parts is named", () => {
  const total = soundCounts();
  total.causes = { ...total.causes, network: 8, gone: 3 };
  expect(brokenSums(total, soundCounts())).toEqual([
    "causes.network = sum of its parts: 8 is not 9",
    "causes.gone = sum of its parts: 3 is not 2",
  ]);
});

test("sums beyond 2^53 are compared to the last digit", () => {
  const total = { ...soundCounts(), duplicates: 2n ** 53n + 1n };
  expect(brokenSums(total, { ...soundCounts(), duplicates: 2 ** 53 })).toHaveLength(1);
});

test.each([
  [
    "nothing is expected of a run without a first number",
    { first: null, highWater: null, headKnown: false },
    0,
  ],
  ["nothing is expected from number 0 on", { first: 0, highWater: null, headKnown: true }, 0],
  ["one number is expected", { first: 7, highWater: 7, headKnown: false }, 1],
] as const)("%s", (_what, given, expected) => {
  const counts = { ...zeroCounts(), expected, received: expected, inOrder: expected, stored: expected };
  expect(brokenRunIdentities(soundRun({ ...given, counts }))).toEqual([]);
  expect(namesOf(brokenRunIdentities(soundRun({ ...given, counts: plusOne(counts, "expected") })))).toContain(
    "expected = highWater - first + 1",
  );
});

/** A run with so many open ends by its own counter. */
const ends = (headKnown: boolean, tailKnown: boolean, unknown: number): AuditRun =>
  soundRun({ headKnown, tailKnown, counts: { ...soundCounts(), unknown } });

test.each([
  ["both ends are known", [ends(true, true, 0)], true],
  ["a head is open", [ends(false, true, 1)], true],
  ["an open head is not counted, which no running device explains", [ends(false, true, 0)], false],
  ["a known end is counted", [ends(true, true, 1)], false],
  ["the tail of the run a device is heard on is not open", [ends(true, false, 0)], true],
  ["nobody hears the device on that run", [ends(true, false, 1)], true],
  ["only one tail may be left out", [ends(true, false, 0), ends(true, false, 0)], false],
  ["one is", [ends(true, false, 1), ends(true, false, 0)], true],
  ["both ends are open", [ends(false, false, 2)], true],
  [
    "a run of unsequenced datagrams has none",
    [soundRun({ first: null, highWater: null, headKnown: false, tailKnown: false, counts: zeroCounts() })],
    true,
  ],
] as const)("open ends: %s", (_what, runs, isSound) => {
  expect(brokenEnds(runs)).toHaveLength(isSound ? 0 : 1);
});
