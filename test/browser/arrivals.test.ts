import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/lacuna-process.ts";
import { hasChromium, launchChromium } from "./support/chromium.ts";
import { type Fleet, startFleet } from "./support/fleet.ts";
import { accessibilityViolations, visit } from "./support/visit.ts";

const STEP_US = 100_000;
/** its clock is an hour ahead, and half a minute, which is not told: so long may the sending take. Two of its numbers come out of order: 3 behind 4 and 5, 20 behind 21 */
const BELT = [0, 1, 2, 4, 5, 3, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 20, 22, 23, 24];
const AHEAD_US = 3_630_000_000;

describe.skipIf(!hasChromium())("how a device's numbers arrive", () => {
  let browser: Browser;
  let fleet: Fleet;
  beforeAll(async () => {
    [browser, fleet] = await Promise.all([launchChromium(), startFleet()]);
    const startUs = Date.now() * 1000 + AHEAD_US;
    for (const seq of BELT) await fleet.send("belt-1", seq, startUs + seq * STEP_US, { speed: seq });
    await fleet.send("lamp-1", 0, startUs, { light: 1 });
    // sent last: with it all of them are known
    await eventually(
      () => fetch(`${fleet.api}/api/v1/devices/lamp-1`),
      ({ ok }) => ok,
    );
  });
  afterAll(async () => {
    await browser?.close();
    await fleet?.close();
  });

  /** What the page says of the device, on one line. */
  const panelOf = async (device: string, wanted: string): Promise<string> => {
    const { page, complaints, close } = await visit(browser, fleet.api, `#/device/${device}?last=all`);
    try {
      const panel = page.getByRole("region", { name: "Jitter and reordering" });
      await panel.getByText(wanted).first().waitFor();
      expect(complaints).toEqual([]);
      return (await panel.innerText()).replace(/\s+/g, " ");
    } finally {
      await close();
    }
  };

  test("is told with its units, and which numbers overtook others", async () => {
    const text = await panelOf("belt-1", "Out of order");
    expect(text).toMatch(/Jitter [\d.]+ (µs|ms|s) /);
    expect(text).toMatch(/quickest 0 mean \+[\d.]+ (µs|ms|s) slowest \+[\d.]+ (µs|ms|s)/);
    expect(text).toContain("Out of order 2 ");
    expect(text).toContain("Greatest extent 2 mean 1.5");
    expect(text).toContain("1 or more: 2 numbers");
    expect(text).toContain("2 or more: 1 number");
    expect(text).toContain("3 or more: 0 numbers");
  });

  test("says what the clocks hide, and what they give away", async () => {
    const text = await panelOf("belt-1", "Out of order");
    expect(text).toContain("nobody knows how far the two clocks are apart");
    expect(text).toContain("the device's clock is ahead of ours by at least 1 h");
  });

  test("is not known of a device that sent one number", async () => {
    expect(await panelOf("lamp-1", "Not known yet")).toContain("No number came after a greater one");
  });

  test.each(["light", "dark"] as const)(
    "has no accessibility violation in its %s colours",
    async (colorScheme) => {
      const { page, close } = await visit(browser, fleet.api, "#/device/belt-1?last=all", { colorScheme });
      await page.getByText("Greatest extent").waitFor();
      expect(await accessibilityViolations(page)).toEqual([]);
      await close();
    },
  );

  test("is not known of what was not heard since the collector's start", async () => {
    await fleet.restart();
    await panelOf("fan-1", "Not known yet");
  });
});
