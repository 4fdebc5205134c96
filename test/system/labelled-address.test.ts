import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createNetnsPair, type NetnsPair, netnsUnavailable } from "../support/netns.ts";

const LAUNCHER = join(import.meta.dirname, "../../cli/lacuna.js");
const hasNoNamespaces = netnsUnavailable() !== null;
let hosts: NetnsPair;

beforeAll(() => {
  if (hasNoNamespaces) return;
  hosts = createNetnsPair();
  hosts.near.run("ip", "-4 addr flush dev veth0".split(" "));
  // as ifconfig and some distributions give addresses
  hosts.near.run("ip", "addr add 10.77.0.1/24 dev veth0 label veth0:1".split(" "));
});
afterAll(() => hosts?.destroy());

test.skipIf(hasNoNamespaces).each(["veth0", "veth0:1", "10.77.0.1"])(
  "datagrams are sent by an interface whose only address has a label: interface=%s",
  async (name) => {
    const to = `udp://239.192.47.47:4748?interface=${name}`;
    const args = [LAUNCHER, "send", "x=1", "--to", to, "--device", "pump-7", "--seq", "1"];
    const printed = await hosts.near.answer(process.execPath, args);
    expect(JSON.parse(printed)).toMatchObject({ device: "pump-7", seq: 1 });
  },
);
