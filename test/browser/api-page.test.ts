import { describe, expect, test } from "vitest";
import { getJson } from "../support/lacuna-process.ts";
import { hasChromium } from "./support/chromium.ts";
import { collectorSentTo } from "./support/sent-to.ts";
import { accessibilityViolations, visit } from "./support/visit.ts";

describe.skipIf(!hasChromium())("the page about the API", () => {
  const sentTo = collectorSentTo(["udp://127.0.0.1:0"], async () => {});

  test.each([1280, 360])(
    "has every route as the API's description tells it, and nothing wider than the screen (%d px)",
    async (width) => {
      const { paths } = await getJson<{ paths: object }>(`${sentTo.api}/openapi.json`);
      const { page, close } = await visit(sentTo.browser, sentTo.api, "docs", {
        viewport: { width, height: 800 },
      });
      const routes = page.locator("details");
      await routes.first().waitFor();
      expect(await routes.locator("summary > code:first-child").allInnerTexts()).toEqual(
        Object.keys(paths).map((path) => `GET ${path}`),
      );
      await routes.evaluateAll((all) => {
        for (const each of all as HTMLDetailsElement[]) each.open = true;
      });
      const told = await routes.locator("summary, p, td").allInnerTexts();
      expect(told.filter((text) => /`|undefined|\[object/.test(text))).toEqual([]);
      expect(await routes.first().locator("p code").allInnerTexts()).toContain("rateLimit");
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      expect(await accessibilityViolations(page)).toEqual([]);
      await close();
    },
  );
});
