import { expect, test } from "vitest";
import type { Listener } from "../../web/src/data/status-types.ts";
import { firstDatagram, heardWords } from "../../web/src/fleet/first-words.ts";

const listener = (given: Partial<Listener> = {}, datagrams = 0, rejected = {}): Listener =>
  ({
    url: "udp://127.0.0.1:4747",
    state: "OK",
    reason: "bound to 127.0.0.1:4747",
    address: "127.0.0.1",
    port: 4747,
    group: null,
    format: "auto",
    counters: { datagrams, rejected },
    ...given,
  }) as Listener;

test.each([
  [listener(), "nothing has come yet"],
  [listener({}, 1), "1 datagram came"],
  [listener({}, 3, { "bad-magic": 2, truncated: 1 }), "3 datagrams came, rejected: bad-magic 2, truncated 1"],
  [listener({ state: "DISABLED", reason: null }), "DISABLED"],
  [
    listener({ state: "UNAVAILABLE", reason: "udp://127.0.0.1:4747: no such device" }),
    "UNAVAILABLE: no such device",
  ],
])("of a listener it is said what came, or why nothing can", (given, words) => {
  expect(heardWords(given)).toBe(words);
});

test.each([
  ["its own address", [listener()], "127.0.0.1 4747"],
  ["the page's host for every address", [listener({ address: "0.0.0.0" })], "collector.example 4747"],
  ["the first that takes it", [listener({ state: "FAILED" }), listener({ port: 5 })], "127.0.0.1 5"],
  ["one that takes JSON only", [listener({ format: "json", port: 6 })], "127.0.0.1 6"],
  [
    "none of a group, nor of another format",
    [listener({ group: "239.1.2.3" }), listener({ format: "native" })],
    null,
  ],
])("a first datagram goes to %s", (_, listeners, destination) => {
  const command = firstDatagram(listeners, "collector.example");
  expect(command?.split(" | nc -u -w1 ")[1] ?? null).toBe(destination);
});

test("an address in brackets loses them, since nc takes none", () => {
  expect(firstDatagram([listener({ address: "::" })], "[fd00::7]")).toMatch(/ fd00::7 4747$/);
});

test.each(["localhost", "lacuna.localhost", "127.0.0.1", "[::1]"])(
  "on the page of %s it goes to the loopback of the listener's family",
  (host) => {
    expect(firstDatagram([listener({ address: "0.0.0.0" })], host)).toMatch(/ 127\.0\.0\.1 4747$/);
    expect(firstDatagram([listener({ address: "::" })], host)).toMatch(/ ::1 4747$/);
  },
);
