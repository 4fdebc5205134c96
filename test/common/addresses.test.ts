import { expect, test } from "vitest";
import { isGroup, isLoopbackHost } from "../../common/addresses.ts";

test.each([
  ["127.0.0.1", true],
  ["127.8.9.1", true],
  ["::1", true],
  ["localhost", true],
  ["0.0.0.0", false],
  ["::", false],
  ["10.0.0.9", false],
  ["127.example.org", false],
])("%s is loopback: %s", (host, expected) => {
  expect(isLoopbackHost(host)).toBe(expected);
});

test.each([
  ["224.0.0.1", true],
  ["239.255.255.255", true],
  ["192.168.1.255", false],
  ["ff02::1", true],
  ["fe80::1", false],
])("%s is a group: %s", (address, is) => {
  expect(isGroup(address)).toBe(is);
});
