import { describe, expect, test } from "vitest";
import { eventually, getJson } from "../support/lacuna-process.ts";
import { hasChromium } from "./support/chromium.ts";
import { collectorSentTo } from "./support/sent-to.ts";
import { accessibilityViolations, visit } from "./support/visit.ts";

const NUMBERS = 50;
/** numbers that do not come by path B: its loss is 6 % */
const ABSENT_ON_B = [10, 20, 30];

describe.skipIf(!hasChromium())("two paths", () => {
  const sentTo = collectorSentTo(
    ["A", "B"].map((path) => `udp://127.0.0.1:0?path=${path}`),
    async (socket, collector) => {
      const send = (path: number, seq: number): Promise<void> =>
        new Promise((resolve, reject) => {
          const text = JSON.stringify({ device: "pump-7", epoch: 1, seq, values: { flow: seq } });
          socket.send(text, collector.ports[path]!, "127.0.0.1", (error) =>
            error ? reject(error) : resolve(),
          );
        });
      for (let seq = 0; seq < NUMBERS; seq++) {
        await send(0, seq);
        if (!ABSENT_ON_B.includes(seq)) await send(1, seq);
      }
      await eventually(
        () => getJson<{ paths: { received: number }[] }>(`${collector.api}/api/v1/status`),
        ({ paths }) => paths[0]?.received === NUMBERS && paths[1]?.received === NUMBERS - ABSENT_ON_B.length,
      );
    },
  );

  test.each(["light", "dark"] as const)(
    "are rows that tell what each brought, without an accessibility violation (%s)",
    async (colorScheme) => {
      const { page, complaints, close } = await visit(sentTo.browser, sentTo.api, "#/collector", {
        colorScheme,
      });
      const rows = page.getByRole("region", { name: "Paths" }).getByRole("row");
      await rows.nth(2).waitFor();
      const cells = async (row: number): Promise<string[]> => rows.nth(row).getByRole("cell").allInnerTexts();
      const [state] = await cells(2);
      expect(state).toMatch(/^up for /);
      // expected, received, only here, absent, loss
      await expect.poll(async () => (await cells(2)).slice(2, 7)).toEqual(["50", "47", "0", "3", "6.00 %"]);
      await expect.poll(async () => (await cells(1)).slice(2, 7)).toEqual(["50", "50", "3", "0", "0 %"]);
      expect(await accessibilityViolations(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await close();
    },
  );
});
