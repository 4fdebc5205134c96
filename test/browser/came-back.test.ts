import { describe, expect, test } from "vitest";
import { encodeBinary } from "../../protocol/encode-binary.ts";
import { eventually, getJson } from "../support/lacuna-process.ts";
import { fromPlain } from "../support/plain-datagram.ts";
import { hasChromium } from "./support/chromium.ts";
import { pixelsOf } from "./support/pixels-of.ts";
import { collectorSentTo } from "./support/sent-to.ts";
import { accessibilityViolations, visit } from "./support/visit.ts";
import { walkTo } from "./support/walk-to.ts";

const NUMBERS = 40;
const STEP_US = 100_000;
/** of `boiler-1`: sent only when it is asked for them */
const ASKED = [15, 16, 17];
/** of `kiln-1`, which cannot be asked: sent when it is lost */
const LATE = 25;

interface Total {
  total: { recovered: number; late: number; lost: number; missing: number };
}

const boilerDatagram = (sequence: number, endUs: number): Uint8Array => {
  const bytes = new Uint8Array(200);
  const sendTimeUs = endUs - (NUMBERS - sequence) * STEP_US;
  const readings = [{ channel: 1, type: "float64", offsetUs: 0, value: 60 + (sequence % 9) }];
  const datagram = fromPlain({ kind: "DATA", device: "boiler-1", epoch: 1, sequence, sendTimeUs, readings });
  return bytes.subarray(0, encodeBinary(datagram, 0, bytes, new DataView(bytes.buffer)));
};

const kilnDatagram = (seq: number, endUs: number): string => {
  const time_us = endUs - (NUMBERS - seq) * STEP_US;
  return JSON.stringify({ device: "kiln-1", epoch: 1, seq, time_us, values: { heat: seq % 7 } });
};

describe.skipIf(!hasChromium())("numbers that came back", () => {
  const sentTo = collectorSentTo(["udp://127.0.0.1:0"], async (socket, collector) => {
    const [port] = collector.ports;
    const endUs = Date.now() * 1000;
    const send = (payload: Uint8Array | string): void => socket.send(payload, port!, "127.0.0.1");
    socket.once("message", () => {
      for (const sequence of ASKED) send(boilerDatagram(sequence, endUs));
    });
    for (let sequence = 0; sequence < NUMBERS; sequence++) {
      if (!ASKED.includes(sequence)) send(boilerDatagram(sequence, endUs));
      if (sequence !== LATE) send(kilnDatagram(sequence, endUs));
    }
    const ledger = () => getJson<Total>(`${collector.api}/api/v1/ledger`);
    await eventually(ledger, ({ total }) => total.recovered === ASKED.length && total.lost === 1);
    send(kilnDatagram(LATE, endUs));
    await eventually(ledger, ({ total }) => total.late === 1 && total.lost === 0 && total.missing === 0);
  });

  test.each([
    { device: "boiler-1", bin: "recovered", other: "late", numbers: "15 – 17", count: 3 },
    { device: "kiln-1", bin: "late", other: "recovered", numbers: "25", count: 1 },
  ])("are points of their colour in the chart of $device, and a row of its gaps", async (came) => {
    const { page, complaints, close } = await visit(
      sentTo.browser,
      sentTo.api,
      `#/device/${came.device}?last=all`,
    );
    const chart = page.getByRole("img", {
      name: new RegExp(`of ${came.device} over time, 0 gaps, ${came.count} ${came.bin}, 1 start$`),
    });
    await chart.waitFor();
    await page.locator(".legend li", { hasText: came.bin }).first().waitFor();
    await expect.poll(() => pixelsOf(page, ".chart", came.bin)).toBeGreaterThan(10);
    expect(await pixelsOf(page, ".chart", came.other)).toBe(0);
    const row = page.locator("tr", { has: page.getByRole("cell", { name: came.numbers, exact: true }) });
    await row.locator(".fate", { hasText: came.bin }).waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  test.each(["light", "dark"] as const)(
    "are cells of their colour in the raster (%s)",
    async (colorScheme) => {
      const { page, complaints, close } = await visit(sentTo.browser, sentTo.api, "#/raster", {
        colorScheme,
      });
      await page.locator(".raster-labels li", { hasText: "kiln-1" }).waitFor();
      await expect.poll(() => pixelsOf(page, ".raster-cells", "recovered")).toBeGreaterThan(20);
      await expect.poll(() => pixelsOf(page, ".raster-cells", "late")).toBeGreaterThan(20);
      await page.locator(".raster-cells").focus();
      await walkTo(page, 10);
      const tip = page.locator(".tip", { hasText: "numbers 10 – 19" });
      await tip.waitFor();
      expect((await tip.innerText()).replace(/\s+/g, " ")).toContain("in order 7 recovered 3");
      expect(await accessibilityViolations(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await close();
    },
  );

  test("their page has no accessibility violation", async () => {
    const { page, close } = await visit(sentTo.browser, sentTo.api, "#/device/boiler-1?last=all");
    await page.getByRole("img", { name: /3 recovered, 1 start$/ }).waitFor();
    expect(await accessibilityViolations(page)).toEqual([]);
    await close();
  });
});
