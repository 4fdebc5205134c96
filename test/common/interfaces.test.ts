import type { NetworkInterfaceInfo } from "node:os";
import { expect, test } from "vitest";
import { findInterface } from "../../common/interfaces.ts";

const info = (address: string): NetworkInterfaceInfo =>
  ({ address, family: address.includes(":") ? "IPv6" : "IPv4" }) as NetworkInterfaceInfo;
const HOST = {
  lo: [info("127.0.0.1"), info("::1")],
  eth0: [info("192.0.2.2"), info("192.0.2.3"), info("fe80::2")],
  tun0: [info("fd00::9")],
};

test.each([
  ["eth0", 4, { name: "eth0", address: "192.0.2.2" }],
  ["192.0.2.3", 4, { name: "eth0", address: "192.0.2.3" }],
  ["eth0", 6, { name: "eth0", address: "fe80::2" }],
  ["192.0.2.3", 6, { name: "eth0", address: "fe80::2" }],
  ["fd00::9", 6, { name: "tun0", address: "fd00::9" }],
] as const)("%s is found for IPv%d", (wanted, family, found) => {
  expect(findInterface(wanted, family, HOST)).toEqual(found);
});

test.each([
  ["eth0", 4, "192.0.2.2"],
  ["eth0:1", 4, "192.0.2.9"],
  ["192.0.2.9", 4, "192.0.2.9"],
  ["eth0:1", 6, "fe80::2"],
] as const)("an address with a label belongs to its interface: %s, IPv%d", (wanted, family, address) => {
  const host = { eth0: [info("192.0.2.2")], "eth0:1": [info("192.0.2.9")] };
  expect(findInterface(wanted, family, { ...host, eth0: [...host.eth0, info("fe80::2")] })).toEqual({
    name: "eth0",
    address,
  });
});

test("an interface is found by its name also when all its IPv4 addresses have labels", () => {
  const host = { "eth0:1": [info("192.0.2.9")], eth0: [info("fe80::2")] };
  expect(findInterface("eth0", 4, host)).toEqual({ name: "eth0", address: "192.0.2.9" });
  expect(findInterface("eth0", 6, host)).toEqual({ name: "eth0", address: "fe80::2" });
});

test("an interface without an address of the family is told", () => {
  expect(findInterface("tun0", 4, HOST)).toEqual({ missing: "interface tun0 has no IPv4 address" });
});

test("for an interface that is not there the present ones are listed", () => {
  expect(findInterface("eth1", 4, HOST)).toEqual({
    missing:
      "there is no interface eth1 that is up and has an address; present are lo (127.0.0.1, ::1), eth0 (192.0.2.2, 192.0.2.3, fe80::2), tun0 (fd00::9)",
  });
});
