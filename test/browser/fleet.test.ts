import { describe, expect, test } from "vitest";
import { getJson } from "../support/lacuna-process.ts";
import { hasChromium, launchChromium } from "./support/chromium.ts";
import { PUMP_NUMBERS } from "./support/fleet.ts";
import { fleetPages } from "./support/fleet-pages.ts";
import { accessibilityViolations, type Visit, visit } from "./support/visit.ts";

describe.skipIf(!hasChromium())("the fleet's page", () => {
  const pages = fleetPages();
  const { withPage } = pages;
  const idsOf = ({ page }: Visit): Promise<string[]> => page.locator(".devices th.id").allTextContents();

  test("shows the completeness the ledger has", async () => {
    const { total } = await getJson<{ total: { completeness: number } }>(`${pages.fleet.api}/api/v1/ledger`);
    const percent = `${(Math.floor(total.completeness * 10_000) / 100).toFixed(2)} %`;
    await withPage("#/", async ({ page }) => {
      await page.locator(".hero-facts", { hasText: `Complete since the beginning${percent}` }).waitFor();
      await page.locator(".devices th.id", { hasText: "pump-7" }).waitFor();
      await page.locator(".events li", { hasText: "the collector started" }).waitFor();
    });
  });

  test("how many devices are not online stands beside those that are, and leads to their list", async () => {
    await withPage("#/?search=pump", async ({ page }) => {
      const offline = page.locator(".hero-facts").getByRole("link", { name: /^\d+ offline$/ });
      const list = page.getByRole("region", { name: "Devices" }).locator(".aside");
      await offline.click();
      expect(new URL(page.url()).hash).toBe("#/?status=offline");
      const counted = async () => [await offline.innerText(), await list.innerText()].map(Number.parseFloat);
      await expect.poll(async () => new Set(await counted()).size).toBe(1);
    });
  });

  test("who follows such a count sees the list, also on a phone, and else the view of before", async () => {
    const viewport = { width: 375, height: 700 };
    await withPage(
      "#/?span=2d&sort=-lost",
      async ({ page }) => {
        const list = page.getByRole("region", { name: "Devices", exact: true });
        const top = () => list.evaluate((section) => Math.round(section.getBoundingClientRect().top));
        await list.locator(".devices th.id").first().waitFor();
        expect(await top()).toBeGreaterThan(viewport.height);
        await page
          .locator(".hero-facts")
          .getByRole("link", { name: /^\d+ offline$/ })
          .click();
        expect(await top()).toBeLessThan(viewport.height / 2);
        expect(await top()).toBeGreaterThan(0);
        expect(await list.evaluate((section) => section === document.activeElement)).toBe(true);
        expect(new URL(page.url()).hash).toBe("#/?span=2d&sort=-lost&status=offline");
      },
      { viewport },
    );
  });

  test("while its first answer is on the way it says so, not that it has just begun to count", async () => {
    await withPage("#/collector", async ({ page }) => {
      await page.route("**/api/v1/history*", () => {});
      await page.getByRole("link", { name: "Fleet" }).click();
      await page.locator(".devices th.id").first().waitFor();
      expect(await page.locator(".hero").innerText()).toBe("Asking …");
    });
  });

  test("the collector's page tells how many readings the database holds", async () => {
    await withPage("#/collector", async ({ page }) => {
      const readings = page.locator("dt", { hasText: "Readings" }).locator("+ dd");
      const told = async () => Number((await readings.innerText()).replaceAll(",", ""));
      const held = async () => {
        const { database } = await getJson<{ database: { readingsStored: number } }>(
          `${pages.fleet.api}/api/v1/status`,
        );
        return database.readingsStored;
      };
      await expect.poll(async () => (await told()) - (await held())).toBe(0);
      expect(await held()).toBeGreaterThan(PUMP_NUMBERS);
    });
  });

  test.each(["light", "dark"])("has no accessibility violation in its %s colours", async (colorScheme) => {
    await withPage(
      "#/",
      async ({ page }) => {
        await page.locator(".devices th.id").first().waitFor();
        await page.locator(".hero-number").waitFor();
        expect(await accessibilityViolations(page)).toEqual([]);
      },
      { colorScheme },
    );
  });

  test("whatever a row tells is told with its device, to those who hear the table", async () => {
    await withPage("#/?search=valve-0", async ({ page }) => {
      await page.getByRole("rowheader", { name: "valve-09" }).waitFor();
      expect(await page.getByRole("rowheader").allInnerTexts()).toEqual(
        Array.from({ length: 10 }, (_, valve) => `valve-0${valve}`),
      );
    });
  });

  test("a device is last seen ever longer ago, also when nothing at all comes and nothing is committed", async () => {
    // of one seen minutes ago that is told by the minute
    await pages.fleet.send("fan-1", PUMP_NUMBERS, Date.now() * 1000, { speed: 1 });
    await withPage("#/", async ({ page }) => {
      const lastSeen = page.locator(".devices tr", { hasText: "fan-1" }).locator("th, td").nth(2);
      await lastSeen.filter({ hasText: /now|\d s ago/ }).waitFor();
      const first = await lastSeen.innerText();
      await expect.poll(() => lastSeen.innerText()).not.toBe(first);
    });
  });

  test("no device is told to be silent because the next rows are still on their way", async () => {
    await pages.fleet.send("fan-1", PUMP_NUMBERS + 1, Date.now() * 1000, { speed: 1 });
    await withPage("#/", async ({ page }) => {
      const lastSeen = page.locator(".devices tr", { hasText: "fan-1" }).locator("th, td").nth(2);
      await lastSeen.filter({ hasText: /now|\d s ago/ }).waitFor();
      let release = (): void => {};
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      await page.route("**/api/v1/fleet?sort=*", async (route) => {
        await released;
        await route.continue();
      });
      await page.waitForRequest("**/api/v1/fleet?sort=*");
      const first = await lastSeen.innerText();
      // what is asked meanwhile tells how late it is
      for (let answer = 0; answer < 3; answer++) await page.waitForResponse("**/api/v1/history?*");
      expect(await lastSeen.innerText()).toBe(first);
      release();
      await expect.poll(() => lastSeen.innerText()).not.toBe(first);
    });
  });

  test("search leaves the devices that match, and the URL shows the same to another reader", async () => {
    await withPage("#/", async (opened) => {
      const { page } = opened;
      await page.getByLabel("Search devices").fill("PUMP");
      await page.locator(".panel-head", { hasText: "1 device" }).waitFor();
      expect(await idsOf(opened)).toEqual(["pump-7"]);
      const { hash } = new URL(page.url());
      expect(hash).toContain("search=PUMP");
      await withPage(hash, async (other) => {
        await other.page.locator(".panel-head", { hasText: "1 device" }).waitFor();
        expect(await idsOf(other)).toEqual(["pump-7"]);
      });
    });
  });

  test("no letter is lost that is typed while the URL takes up those before it", async () => {
    await withPage("#/", async (opened) => {
      const { page } = opened;
      const field = page.getByLabel("Search devices");
      await field.evaluate((input: HTMLInputElement) => {
        const replaceState = history.replaceState.bind(history);
        history.replaceState = (...given) => {
          replaceState(...given);
          history.replaceState = replaceState;
          input.value += "7";
          input.dispatchEvent(new Event("input", { bubbles: true }));
        };
      });
      await field.fill("pump-");
      await expect.poll(() => new URL(page.url()).hash).toBe("#/?search=pump-7");
      expect(await field.inputValue()).toBe("pump-7");
      // what comes from elsewhere is in the field all the same
      await page.getByRole("link", { name: "Fleet" }).click();
      await expect.poll(() => field.inputValue()).toBe("");
    });
  });

  test("a click on a column sorts by it, the worst first", async () => {
    await withPage("#/", async (opened) => {
      const { page } = opened;
      await page.getByRole("button", { name: "Lost" }).click();
      await page.locator(".devices tbody tr", { hasText: "pump-7" }).first().waitFor();
      await page.waitForFunction(() => document.querySelector(".devices th.id")?.textContent === "pump-7");
      expect(await page.locator("[aria-sort]").getAttribute("aria-sort")).toBe("descending");
      expect(page.url()).toContain("sort=-lost");
    });
  });

  test("the device that has the focus keeps it when the list is sorted anew", async () => {
    await withPage("#/?search=valve-0", async (opened) => {
      const { page } = opened;
      await expect.poll(async () => (await idsOf(opened))[0]).toBe("valve-00");
      await page.locator(".devices").getByRole("link", { name: "valve-03" }).focus();
      await page.evaluate(() => location.replace("#/?search=valve-0&sort=-id"));
      await expect.poll(async () => (await idsOf(opened))[0]).toBe("valve-09");
      expect(await page.locator(":focus").innerText()).toBe("valve-03");
    });
  });

  test("a page that is gone to is begun at its heading: a screen reader says which it is, and Tab goes on from there", async () => {
    await withPage("#/?search=valve-0", async ({ page }) => {
      const heading = (name: string) => page.locator("h1:focus", { hasText: name });
      const link = page.locator(".devices").getByRole("link", { name: "valve-03" });
      await link.waitFor();
      // the first one the browser says by itself
      expect(await page.locator("h1:focus").count()).toBe(0);
      await link.press("Enter");
      await heading("valve-03").waitFor();
      await page.getByRole("button", { name: "1 min" }).waitFor();
      await page.keyboard.press("Tab");
      await page.getByRole("button", { name: "1 min" }).and(page.locator(":focus")).waitFor();
      await page.keyboard.press("/");
      await page.keyboard.insertText("fan");
      await page.keyboard.press("Enter");
      await heading("fan-1").waitFor();
      await page.getByRole("link", { name: "Raster" }).press("Enter");
      await heading("Raster").waitFor();
    });
  });

  test.each([
    ["#/", ".device-scroll", "link", "valve-10"],
    ["#/device/pump-7?last=all", "html", "button", "temperature"],
    ["#/device/pump-7?last=all", ".gap-scroll", "button", /^\d{4}-/],
  ] as const)(
    "on %s, what gets the focus while %s is scrolled down is not behind its head",
    async (hash, scrolled, role, name) => {
      await withPage(
        hash,
        async ({ page }) => {
          const target = page.getByRole(role, { name }).first();
          await target.waitFor({ state: "attached" });
          // so little room that all of them can be scrolled
          await page.addStyleTag({ content: ".gap-scroll { height: 4rem }" });
          const isSeen = () =>
            target.evaluate((element, selector) => {
              const { top } = element.getBoundingClientRect();
              const scroller = document.querySelector(selector)!;
              const edge = selector === "html" ? 0 : scroller.getBoundingClientRect().top;
              // its upper edge is where that of the scrolled is: a head that stays there covers it
              scroller.scrollTop += top - edge + 5;
              (element as HTMLElement).focus();
              const box = element.getBoundingClientRect();
              const at = document.elementFromPoint(box.left + 2, box.top + 1);
              return at !== null && (element.contains(at) || at.contains(element));
            }, scrolled);
          expect(await isSeen()).toBe(true);
        },
        { viewport: { width: 1280, height: 500 } },
      );
    },
  );

  test("only rows in sight exist, and scrolling brings the others", async () => {
    await withPage("#/", async (opened) => {
      const { page } = opened;
      await page.locator(".devices th.id").first().waitFor();
      expect((await idsOf(opened)).length).toBeLessThan(62);
      await page.locator(".device-scroll").evaluate((element) => element.scrollTo(0, 1e6));
      await page.locator(".devices th.id", { hasText: "valve-59" }).waitFor();
    });
  });

  test.each([
    ["#/", ".device-scroll", "Status"],
    ["#/raster", ".raster-scroll", "Order"],
  ])(
    "the way back to %s leads to where its list was left, another list begins at its top",
    async (hash, list, choice) => {
      await withPage(hash, async ({ page }) => {
        const scroller = page.locator(list);
        const top = () => scroller.evaluate((element) => element.scrollTop);
        const row = scroller.getByRole("link", { name: "valve-20" });
        await expect
          .poll(async () => {
            await scroller.evaluate((element) => element.scrollTo(0, 300));
            return (await row.isVisible()) && (await top()) === 300;
          })
          .toBe(true);
        // Playwright's own click may scroll: while the rows of a scrolled raster are on their way, others lie there
        await row.evaluate((link) => (link as HTMLElement).click());
        await page.locator(".device-id", { hasText: "valve-20" }).waitFor();
        await page.goBack();
        await row.waitFor();
        expect(await top()).toBe(300);
        await page.getByLabel(choice, { exact: true }).selectOption({ index: 1 });
        await expect.poll(top).toBe(0);
      });
    },
  );

  test("on a phone, a page that is gone to is seen from its top, however far down the one before was", async () => {
    const viewport = { width: 390, height: 844 };
    await withPage(
      "#/device/pump-7",
      async ({ page }) => {
        const top = () => page.evaluate(() => Math.round(scrollY));
        const toTheEnd = () => page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
        await page.locator(".gap-scroll tbody tr").first().waitFor();
        await toTheEnd();
        expect(await top()).toBeGreaterThan(viewport.height);
        await page.getByRole("link", { name: "Fleet" }).click();
        await page.locator(".hero-number").waitFor();
        expect(await top()).toBe(0);
        // the way back leads to where it was left
        await toTheEnd();
        await page.getByRole("link", { name: "Raster" }).click();
        await page.locator(".raster-labels li").first().waitFor();
        expect(await top()).toBe(0);
        await page.goBack();
        await page.locator(".hero-number").waitFor();
        expect(await top()).toBeGreaterThan(0);
      },
      { viewport },
    );
  });

  test("the key / goes to the field that goes to a device", async () => {
    await withPage("#/", async ({ page }) => {
      await page.locator(".devices th.id").first().waitFor();
      await page.keyboard.press("/");
      await page.keyboard.type("fan");
      await page.locator("datalist option").first().waitFor({ state: "attached" });
      await page.keyboard.press("Enter");
      await page.locator(".device-id", { hasText: "fan-1" }).waitFor();
    });
  });

  test("Enter goes to the device that was typed, also before its suggestions are there", async () => {
    await withPage("#/", async ({ page }) => {
      await page.locator(".devices th.id").first().waitFor();
      await page.keyboard.press("/");
      await page.keyboard.type("a");
      await page.locator("datalist option").first().waitFor({ state: "attached" });
      await page.route("**/fleet?search=*", async (route) => {
        await new Promise((resolve) => setTimeout(resolve, 300));
        await route.continue().catch(() => undefined);
      });
      await page.keyboard.type("lve-5");
      await page.keyboard.press("Enter");
      await page.locator(".device-id", { hasText: "valve-50" }).waitFor();
    });
  });

  test("Enter on what no device is called says so, until something else is typed", async () => {
    await withPage("#/", async ({ page }) => {
      await page.locator(".devices th.id").first().waitFor();
      const field = page.getByLabel("Go to device");
      const said = () => field.evaluate((element: HTMLInputElement) => element.validationMessage);
      await field.fill("nobody");
      await page.keyboard.press("Enter");
      await expect.poll(said).toBe("No device matches.");
      await page.keyboard.type("x");
      expect(await said()).toBe("");
    });
  });

  test("an id that turns the direction of letters around leaves the sentence about it as it is", async () => {
    const id = "\u202Eturned";
    await pages.fleet.send(id, 0, Date.now() * 1000, { a: 1 });
    // of a device whose numbers all came at one moment nobody knows when it falls silent
    await pages.fleet.heard(encodeURIComponent(id));
    await pages.fleet.send(id, 1, Date.now() * 1000, { a: 1 });
    await withPage("#/", async ({ page }) => {
      const event = page
        .locator(".events li", { hasText: "silent for" })
        .filter({ hasText: "turned" })
        .first();
      await event.waitFor();
      // where the words after the id begin and end, pixels
      const [begin, end] = await event
        .locator("span")
        .first()
        .evaluate((sentence) => {
          const words = sentence.lastChild!;
          const at = (offset: number): number => {
            const range = document.createRange();
            range.setStart(words, offset);
            range.setEnd(words, offset + 1);
            return range.getBoundingClientRect().left;
          };
          return [at(0), at("silent".length - 1)] as const;
        });
      expect(begin).toBeLessThan(end);
    });
  });

  test("beside a long id its strip is in sight on a phone", async () => {
    const id = "hall-b-".repeat(9);
    for (const seq of [0, 1]) await pages.fleet.send(id, seq, Date.now() * 1000, { a: 1 });
    await withPage(
      `#/?search=${id}`,
      async ({ page }) => {
        const strip = page.locator(".devices tr", { hasText: id }).locator(".spark");
        await strip.waitFor();
        const rightOf = (element: Element): number => element.getBoundingClientRect().right;
        const list = await page.locator(".device-scroll").evaluate(rightOf);
        expect(await strip.evaluate(rightOf)).toBeLessThanOrEqual(list);
      },
      { viewport: { width: 360, height: 800 } },
    );
  });

  test("a new device is there within seconds without a reload", async () => {
    await withPage("#/?search=newcomer", async ({ page }) => {
      await page.locator(".empty", { hasText: "No device matches" }).waitFor();
      await pages.fleet.send("newcomer", 0, Date.now() * 1000, { a: 1 });
      await page.locator(".devices th.id", { hasText: "newcomer" }).waitFor();
    });
  });

  test("the page is as large as what is seen of it, however many devices lost something", async () => {
    for (const seq of [0, 1, 3, 4])
      await pages.fleet.send("wide".repeat(16), seq, Date.now() * 1000, { a: 1 });
    await withPage(
      "#/?search=widewide",
      async ({ page }) => {
        await page.locator(".devices tbody .by-cause .swatch").first().waitFor({ state: "attached" });
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        expect(width).toBeLessThanOrEqual(768);
      },
      { viewport: { width: 768, height: 900 } },
    );
  });

  const WHOLE: Record<string, string> = {
    "#/": ".hero-facts",
    "#/device/pump-7": ".arrivals",
    "#/raster": ".raster-cells canvas",
    "#/collector": ".machinery",
  };

  test.each(
    [
      { px: 32, width: 1280, letters: "26px" },
      { px: 32, width: 390, letters: "26px" },
    ].flatMap((set) => Object.keys(WHOLE).map((hash) => ({ ...set, hash }))),
  )(
    "letters of $hash are larger where the browser is set to $px px, and nothing is wider than $width pixels",
    async ({ px, width, letters, hash }) => {
      const browser = await launchChromium([`--blink-settings=defaultFontSize=${px}`]);
      const { page } = await visit(browser, pages.fleet.api, hash, { viewport: { width, height: 900 } });
      await page.locator(WHOLE[hash]!).first().waitFor();
      const needed = () => page.evaluate(() => document.documentElement.scrollWidth);
      await expect.poll(needed).toBeLessThanOrEqual(width);
      const size = () => getComputedStyle(document.documentElement).fontSize;
      expect(await page.evaluate(size)).toBe(letters);
      await browser.close();
    },
  );

  test("on a phone nothing is wider than the screen", async () => {
    await withPage(
      "#/",
      async ({ page }) => {
        await page.locator(".devices th.id").first().waitFor();
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
      },
      { viewport: { width: 390, height: 844 } },
    );
  });

  test("the switch changes the colours, and the next visit keeps them", async () => {
    await withPage("#/", async ({ page }) => {
      const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const light = await ground();
      for (const choice of ["light", "dark"])
        await page.getByRole("button", { name: `Change to ${choice}` }).click();
      await expect.poll(ground).not.toBe(light);
      await page.reload();
      await expect.poll(ground).not.toBe(light);
    });
  });
});
