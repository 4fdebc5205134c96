import { createSocket, type Socket } from "node:dgram";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { type RunningCollector, startCollector, temporaryDirectory } from "../../support/lacuna-process.ts";
import { launchChromium } from "./chromium.ts";

/**
 * A browser and a collector with a database of its own, for all tests of the block that calls it.
 * @param listeners - of the collector
 * @param send - sends it what the tests look at; resolves when its API tells of it
 */
export const collectorSentTo = (
  listeners: readonly string[],
  send: (socket: Socket, collector: RunningCollector) => Promise<unknown>,
) => {
  const directory = temporaryDirectory();
  let browser: Browser;
  let collector: RunningCollector;
  let socket: Socket;
  beforeAll(async () => {
    const listen = listeners.flatMap((url) => ["--listen", url]);
    [browser, collector] = await Promise.all([
      launchChromium(),
      startCollector([...listen, "--db", `${directory.path}/lacuna.db`]),
    ]);
    socket = createSocket("udp4");
    await send(socket, collector);
  });
  afterAll(async () => {
    await browser?.close();
    socket?.close();
    await collector?.stop();
    directory.remove();
  });
  return {
    get browser(): Browser {
      return browser;
    },
    get api(): string {
      return collector.api;
    },
  };
};
