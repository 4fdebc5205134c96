import type { NetworkInterfaceInfo } from "node:os";
import { expect, test } from "vitest";
import { parseListenerUrl } from "../../../collector/listener/listener-url.ts";
import { footingOf, type HostView, lossOf } from "../../../collector/listener/lost-interface.ts";
import type { Membership } from "../../../collector/listener/memberships.ts";
import type { HostInterfaces } from "../../../common/interfaces.ts";

const info = (address: string): NetworkInterfaceInfo =>
  ({ address, family: address.includes(":") ? "IPv6" : "IPv4" }) as NetworkInterfaceInfo;

const view = (interfaces: HostInterfaces, memberships: Membership[] | null): HostView => ({
  interfaces,
  memberships: () => memberships,
});

const GROUP = "udp://239.192.47.47:4747?interface=eth0";
const on = (name: string, index = 4): Membership => ({ interface: name, index, group: "2F2FC0EF" });
const eth0 = { eth0: [info("10.0.0.2")] };

/** What is said when the host goes from one state to another. */
const loss = (url: string, name: string | null, before: HostView, after: HostView): string | null => {
  const config = parseListenerUrl(url).listener!;
  return lossOf(config, footingOf(config, name, before), after);
};

test("nothing is lost while interface and membership are there, whatever else changes", () => {
  const after = view({ eth0: [info("10.0.0.9")], docker0: [info("172.17.0.1")] }, [
    on("eth0"),
    on("docker0"),
  ]);
  expect(loss(GROUP, "eth0", view(eth0, [on("eth0")]), after)).toBeNull();
});

test("an interface that is gone, down or without address is a loss", () => {
  const before = view(eth0, [on("eth0")]);
  const sentence = "interface eth0 is gone, down or without an IPv4 address; it is tried again every second";
  expect(loss(GROUP, "eth0", before, view({}, [on("eth0")]))).toBe(sentence);
  expect(loss(GROUP, "eth0", before, view({ eth0: [info("fd77::1")] }, [on("eth0")]))).toBe(sentence);
});

test("an interface made again between two looks is a loss: the kernel does not list the membership", () => {
  expect(loss(GROUP, "eth0", view(eth0, [on("eth0")]), view(eth0, []))).toBe(
    "the membership of 239.192.47.47 on interface eth0 is gone; it is joined again",
  );
  expect(loss(GROUP, "eth0", view(eth0, [on("eth0")]), view(eth0, [on("eth1")]))).not.toBeNull();
});

test("an interface made again is a loss also where its group is listed again, or where there is no group", () => {
  const again = "interface eth0 was deleted and made again; it is tried again every second";
  expect(loss(GROUP, "eth0", view(eth0, [on("eth0", 4)]), view(eth0, [on("eth0", 9)]))).toBe(again);
  const linkLocal = { eth0: [info("fe80::2")] };
  const url = "udp://[fe80::2]:4747?interface=eth0";
  const [before, after] = [4, 9].map((index) => view(linkLocal, [on("eth0", index)]));
  expect(loss(url, "eth0", before!, before!)).toBeNull();
  expect(loss(url, "eth0", before!, after!)).toBe(again);
});

test("a membership on an interface of the system's choice is lost when no interface has it", () => {
  const url = "udp://239.192.47.47:4747";
  expect(loss(url, null, view(eth0, [on("eth0")]), view({}, [on("eth0")]))).toBeNull();
  expect(loss(url, null, view(eth0, [on("eth0")]), view(eth0, []))).toContain("on any interface is gone");
});

test("where the system lists no memberships, or did not list this one, only the interface counts", () => {
  expect(loss(GROUP, "eth0", view(eth0, null), view(eth0, null))).toBeNull();
  expect(loss(GROUP, "eth0", view(eth0, []), view(eth0, []))).toBeNull();
});

test("an interface whose number was not known then is not one made again", () => {
  expect(loss(GROUP, "eth0", view(eth0, null), view(eth0, [on("eth0")]))).toBeNull();
});

test("a list of memberships that cannot be read now says nothing of them", () => {
  expect(loss(GROUP, "eth0", view(eth0, [on("eth0")]), view(eth0, null))).toBeNull();
});

test("an address is lost when the host had it and has it no more", () => {
  const url = "udp://10.0.0.2:4747";
  expect(loss(url, null, view(eth0, null), view({}, null))).toBe(
    "no interface that is up has the address 10.0.0.2 any more",
  );
  // an address of the host that is not listed, such as 127.0.0.5
  expect(loss("udp://127.0.0.5:4747", null, view({}, null), view({}, null))).toBeNull();
  expect(loss("udp://0.0.0.0:4747", null, view(eth0, null), view({}, null))).toBeNull();
});
