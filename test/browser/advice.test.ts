import { createSocket, type Socket } from "node:dgram";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  eventually,
  getJson,
  type RunningCollector,
  startCollector,
  temporaryDirectory,
} from "../support/lacuna-process.ts";
import { hasChromium, launchChromium } from "./support/chromium.ts";
import { accessibilityViolations, visit } from "./support/visit.ts";

/** enough for the collector to say something of their send times, which are of a clock that was never set */
const DATAGRAMS = 1000;

describe.skipIf(!hasChromium())("the collector's advice", () => {
  const directory = temporaryDirectory();
  let browser: Browser;
  let collector: RunningCollector;
  let socket: Socket;

  beforeAll(async () => {
    [browser, collector] = await Promise.all([
      launchChromium(),
      startCollector(["--listen", "udp://127.0.0.1:0", "--db", `${directory.path}/lacuna.db`]),
    ]);
    socket = createSocket("udp4");
    for (let seq = 0; seq < DATAGRAMS; seq++) {
      const text = JSON.stringify({
        device: "meter-1",
        epoch: 1,
        seq,
        time_us: seq + 1,
        values: { power: seq },
      });
      await new Promise((sent) => socket.send(text, collector.ports[0]!, "127.0.0.1", sent));
    }
    await eventually(
      () => getJson<{ advice: { code: string }[] }>(`${collector.api}/api/v1/status`),
      ({ advice }) => advice.some(({ code }) => code === "send-times"),
    );
  });
  afterAll(async () => {
    await browser?.close();
    socket?.close();
    await collector?.stop();
    directory.remove();
  });

  test.each(["light", "dark"] as const)(
    "is on its page as the API says it, without an accessibility violation (%s)",
    async (colorScheme) => {
      const { page, complaints, close } = await visit(browser, collector.api, "#/collector", { colorScheme });
      const item = page.getByRole("region", { name: "Advice" }).locator(".to-do");
      await item.first().waitFor();
      const said = await item.allInnerTexts();
      expect(said).toEqual([
        expect.stringMatching(/^100 % of datagrams had a send time before 2000 .*udp:/s),
      ]);
      expect(await accessibilityViolations(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await close();
    },
  );
});
