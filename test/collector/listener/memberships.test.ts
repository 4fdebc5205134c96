import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { isJoined, parseIgmp, parseIgmp6, readMemberships } from "../../../collector/listener/memberships.ts";

const IGMP = `Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter
1\tlo        :     1      V3
\t\t\t\t010000E0     1 0:00000000\t\t0
4\teth0      :     2      V3
\t\t\t\t2F2FC0EF     3 0:00000000\t\t0
\t\t\t\t010000E0     1 0:00000000\t\t0
`;
const IGMP6 = `4    eth0            ff150000000000000000000000004747     2 00000004 0
1    lo              ff020000000000000000000000000001     1 0000000C 0
`;

test("the groups of an interface are those below its line", () => {
  expect(parseIgmp(IGMP)).toEqual([
    { interface: "lo", index: 1, group: "010000E0" },
    { interface: "eth0", index: 4, group: "2F2FC0EF" },
    { interface: "eth0", index: 4, group: "010000E0" },
  ]);
});

test("a group is joined on the interface that lists it and on no other", () => {
  const memberships = parseIgmp(IGMP);
  expect(isJoined(memberships, 4, "239.192.47.47", "eth0")).toBe(true);
  expect(isJoined(memberships, 4, "239.192.47.47", "lo")).toBe(false);
  expect(isJoined(memberships, 4, "239.192.47.47", null)).toBe(true);
  expect(isJoined(memberships, 4, "239.192.47.48", null)).toBe(false);
});

test("IPv6 groups are found by any spelling of theirs", () => {
  const memberships = parseIgmp6(IGMP6);
  expect(memberships[0]).toMatchObject({ interface: "eth0", index: 4 });
  expect(isJoined(memberships, 6, "ff15::4747", "eth0")).toBe(true);
  expect(isJoined(memberships, 6, "ff15::4748", "eth0")).toBe(false);
});

test("lines of another shape are passed over", () => {
  expect(parseIgmp("what\n\t\tis this")).toEqual([]);
  expect(parseIgmp6("4 eth0")).toEqual([]);
});

test.each([
  [4, /^[0-9A-F]{8}$/],
  [6, /^[0-9a-f]{32}$/],
] as const)(
  "the groups of IPv%i are read from the table of that family, where the system has it",
  (family, group) => {
    const memberships = readMemberships(family) ?? [];
    expect(memberships.map((one) => one.group).filter((one) => !group.test(one))).toEqual([]);
    // every interface that is up is in a group of the family
    if (existsSync(family === 4 ? "/proc/net/igmp" : "/proc/net/igmp6")) expect(memberships).not.toEqual([]);
  },
);
