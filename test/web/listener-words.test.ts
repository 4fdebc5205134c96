import { expect, test } from "vitest";
import { listenerAddress, listenerReason, rejectedByReason } from "../../web/src/format/listener-words.ts";

test.each([
  ["udp://0.0.0.0:4747: port 4747 is taken", "port 4747 is taken"],
  ["interface eth7 is gone", "interface eth7 is gone"],
])("beside the name of a listener, %j is %j", (reason, text) => {
  expect(listenerReason("udp://0.0.0.0:4747", reason)).toBe(text);
});

test.each([
  ["127.0.0.1", "127.0.0.1:4747"],
  ["::1", "[::1]:4747"],
])("a listener on %s is at %s", (address, text) => {
  expect(listenerAddress({ address, port: 4747 })).toBe(text);
});

test("what was rejected is told by reason", () => {
  expect(rejectedByReason({ "bad-magic": 3000, truncated: 1 })).toBe("bad-magic 3,000, truncated 1");
  expect(rejectedByReason({})).toBe("");
});
