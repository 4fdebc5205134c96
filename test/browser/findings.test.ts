import { describe, expect, test } from "vitest";
import { eventually, getJson } from "../support/lacuna-process.ts";
import { hasChromium } from "./support/chromium.ts";
import { collectorSentTo } from "./support/sent-to.ts";
import { accessibilityViolations, visit } from "./support/visit.ts";

/** enough for the collector to say something of their send times, which are of a clock that was never set */
const DATAGRAMS = 1000;

describe.skipIf(!hasChromium())("the collector's findings", () => {
  const sentTo = collectorSentTo(
    ["udp://127.0.0.1:0", "udp://239.1.1.1:0?interface=nope0&optional=true"],
    async (socket, collector) => {
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
        () => getJson<{ findings: { code: string }[] }>(`${collector.api}/api/v1/status`),
        // of all of them, not of the first few hundred
        ({ findings }) =>
          findings.some(
            (finding) => finding.code === "send-times" && /\b1,?000 /.test(JSON.stringify(finding)),
          ),
      );
    },
  );

  test.each(["light", "dark"] as const)(
    "are on its page as doctor tells them, without an accessibility violation (%s)",
    async (colorScheme) => {
      const { page, complaints, close } = await visit(sentTo.browser, sentTo.api, "#/collector", {
        colorScheme,
      });
      // how full the buffer was at the peak is a note, and may be there or not
      const item = page.getByRole("region", { name: "Findings" }).locator("[data-severity=advice]");
      await item.nth(1).waitFor();
      expect(await item.allInnerTexts()).toEqual([
        expect.stringMatching(/^Advice\s+udp:[^ ]+: It is UNAVAILABLE: .*nope0.*ip address show/s),
        expect.stringMatching(
          /^Advice\s+udp:[^ ]+: 100 % of 1,000 datagrams had a send time before 2000 .*set the senders' clocks/s,
        ),
      ]);
      expect(await accessibilityViolations(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await close();
    },
  );
});
