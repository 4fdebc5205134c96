import { expect, test } from "vitest";
import { parseListenerUrl } from "../../../collector/listener/listener-url.ts";
import {
  answeringAddresses,
  MOST_OWN_SOCKETS,
  sharedAddresses,
} from "../../../collector/listener/sharing.ts";
import type { HostInterfaces } from "../../../common/interfaces.ts";

const info = (address: string, family: "IPv4" | "IPv6") => ({
  ...{ address, family, netmask: "", mac: "", internal: false, cidr: null, scopeid: 0 },
});
const HOST = {
  lo: [info("127.0.0.1", "IPv4"), info("::1", "IPv6")],
  eth0: [info("192.0.2.2", "IPv4"), info("2001:db8::2", "IPv6"), info("fe80::2", "IPv6")],
} as unknown as HostInterfaces;

const addressesOf = (url: string, platform: NodeJS.Platform = "linux"): string[] =>
  sharedAddresses(parseListenerUrl(url).listener!, HOST, platform);

test.each([
  ["udp://192.0.2.2:1", ["192.0.2.2"]],
  ["udp://127.9.9.9:1", ["127.9.9.9"]],
  ["udp://0.0.0.0:1", ["127.0.0.1", "192.0.2.2"]],
  ["udp://[::]:1", ["::1", "2001:db8::2"]],
])("%s is shared on %j", (url, addresses) => {
  expect(addressesOf(url)).toEqual(addresses);
});

test.each([
  ["a group", "udp://239.1.1.1:1"],
  ["a broadcast address", "udp://192.0.2.255:1"],
  ["the loopback's broadcast address", "udp://127.255.255.255:1"],
  ["a link-local address", "udp://[fe80::2]:1?interface=eth0"],
])("%s is heard by one socket", (_, url) => {
  expect(addressesOf(url)).toEqual([]);
});

test("nothing is shared where the system does not spread datagrams over sockets", () => {
  expect(addressesOf("udp://0.0.0.0:1", "darwin")).toEqual([]);
});

const TWO_ADDRESSES = {
  lo: [info("127.0.0.1", "IPv4"), info("::1", "IPv6"), info("198.51.100.9", "IPv4")],
  eth0: [info("192.0.2.2", "IPv4"), info("2001:db8::2", "IPv6"), info("fe80::2", "IPv6")],
} as unknown as HostInterfaces;

const answering = (url: string, host: HostInterfaces, platform: NodeJS.Platform = "linux"): string[] =>
  answeringAddresses(parseListenerUrl(url).listener!, host, platform);

test("each of several addresses has a socket to ask from, the loopback's not", () => {
  expect(answering("udp://0.0.0.0:1", TWO_ADDRESSES)).toEqual(["198.51.100.9", "192.0.2.2"]);
});

test.each([
  ["on a host with one address", "udp://0.0.0.0:1", HOST],
  ["where link-local and loopback addresses are the others", "udp://[::]:1", TWO_ADDRESSES],
  ["when nobody is asked", "udp://0.0.0.0:1?recovery=off", TWO_ADDRESSES],
  ["for a format without a way back", "udp://0.0.0.0:1?format=json", TWO_ADDRESSES],
  ["for a listener that has one address", "udp://192.0.2.2:1", TWO_ADDRESSES],
  ["for a group", "udp://239.1.1.1:1", TWO_ADDRESSES],
])("none is needed %s", (_, url, host) => {
  expect(answering(url, host)).toEqual([]);
});

test("the loopback's takes no place of the 16", () => {
  const addresses = Array.from({ length: MOST_OWN_SOCKETS }, (_, index) => `192.0.2.${index + 1}`);
  const host = { lo: HOST.lo, eth0: addresses.map((address) => info(address, "IPv4")) };
  expect(answering("udp://0.0.0.0:1", host as unknown as HostInterfaces)).toEqual(addresses);
});

test("none is had where sockets are not bound beside a wildcard (not Linux)", () => {
  expect(answering("udp://0.0.0.0:1", TWO_ADDRESSES, "darwin")).toEqual([]);
});
