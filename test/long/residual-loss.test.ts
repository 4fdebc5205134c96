import { afterAll, beforeAll, describe, test } from "vitest";
import { temporaryDirectory } from "../support/lacuna-process.ts";
import { expectRecovery } from "../support/lossy-hosts.ts";
import { createNetnsPair, type NetnsPair, netnsUnavailable } from "../support/netns.ts";

const directory = temporaryDirectory();
afterAll(() => directory.remove());

/** How many requests it takes, and what stays lost, depends on devices that answer in time. */
describe.skipIf(netnsUnavailable() !== null)(
  "a kernel that loses 5 % of what a fleet sends, and of the requests",
  () => {
    let hosts: NetnsPair;
    beforeAll(() => {
      hosts = createNetnsPair();
    });
    afterAll(() => hosts.destroy());

    test.each([
      ["unicast", 5300],
      ["multicast", 5301],
    ] as const)("%s: less than 0.01 % stays lost, at fewer than 1.5 requests a number", (way, port) =>
      expectRecovery(hosts, way, port, directory.path),
    );
  },
);
