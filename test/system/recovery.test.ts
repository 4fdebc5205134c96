import { afterAll, beforeAll, describe, test } from "vitest";
import { temporaryDirectory } from "../support/lacuna-process.ts";
import { expectExactLoss, expectRecovery } from "../support/lossy-hosts.ts";
import { createNetnsPair, type NetnsPair, netnsUnavailable } from "../support/netns.ts";
import { expectAllBack } from "../support/stopped-collector.ts";

const directory = temporaryDirectory();
afterAll(() => directory.remove());
const unavailable = netnsUnavailable();

describe("recovery", () => {
  let hosts: NetnsPair;
  beforeAll(() => {
    if (unavailable === null) hosts = createNetnsPair();
  });
  afterAll(() => hosts?.destroy());
  const testBetweenHosts = test.skipIf(unavailable !== null);

  testBetweenHosts("off: of what the kernel drops exactly all is called lost", () =>
    expectExactLoss(hosts, "unicast", 5101, directory.path),
  );

  testBetweenHosts(
    "on, with 5 % loss both ways: less than 0.01 % stays lost, at fewer than 1.5 requests a number",
    () => expectRecovery(hosts, "unicast", 5102, directory.path),
  );

  test("brings back what devices sent while the collector was killed and away", () =>
    expectAllBack("SIGKILL", 1000, directory.path));
});
