import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { geometryAt } from "../../web/src/raster/geometry.ts";
import { freePort } from "../support/free-port.ts";
import {
  LacunaProcess,
  type RunningCollector,
  startCollector,
  temporaryDirectory,
} from "../support/lacuna-process.ts";
import { launchChromium } from "./support/chromium.ts";
import { visit } from "./support/visit.ts";

/**
 * Writes the pictures of README and docs: `SCREENSHOTS=1 npx vitest run --project browser test/browser/screenshots`.
 * Two halls on bad networks, one whose devices are asked again for what is missing and one without; the collector was away for some seconds.
 */
const IMAGES = join(import.meta.dirname, "../../docs/images");
const HALLS = [
  { prefix: "hall-a", seed: 1, loss: 0.02 },
  { prefix: "hall-b", seed: 2, loss: 0.004 },
] as const;
const BEFORE_MS = 75_000;
const AWAY_MS = 2500;
const AFTER_MS = 30_000;

const { cell: CELL, row: ROW } = geometryAt(1);

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let browser: Browser;
let collector: RunningCollector;
let restart: () => Promise<void>;
const simulators: LacunaProcess[] = [];
const directory = temporaryDirectory();

beforeAll(async () => {
  mkdirSync(IMAGES, { recursive: true });
  browser = await launchChromium();
  const http = await freePort();
  const start = (ports: readonly number[]): Promise<RunningCollector> =>
    startCollector(
      [
        "--http",
        `127.0.0.1:${http}`,
        "--listen",
        `udp://127.0.0.1:${ports[0]}`,
        "--listen",
        `udp://127.0.0.1:${ports[1]}?recovery=off`,
      ],
      { cwd: directory.path },
    );
  const ports = [await freePort(), await freePort()];
  collector = await start(ports);
  for (const [index, { prefix, seed, loss }] of HALLS.entries()) {
    const target = `udp://127.0.0.1:${ports[index]}`;
    const flags = `--target ${target} --id-prefix ${prefix} --devices 24 --rate 10 --seed ${seed} --loss ${loss} --burst-enter 0.004 --burst-leave 0.2 --duplicate 0.01 --reorder 0.03 --restarts 0.6 --duration 10m`;
    simulators.push(new LacunaProcess(["simulate", ...flags.split(" ")]));
  }
  await pause(BEFORE_MS);
  restart = async () => {
    await collector.stop();
    await pause(AWAY_MS);
    collector = await start(ports);
    await pause(AFTER_MS);
  };
}, 200_000);

afterAll(async () => {
  await browser.close();
  for (const simulator of simulators) simulator.signal("SIGKILL");
  await collector.stop();
  directory.remove();
}, 30_000);

const VIEWS = {
  fleet: "#/",
  device: "#/device/hall-b-07?last=120",
  raster: "#/raster",
  collector: "#/collector",
};
const SIZES = { desktop: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

const SHOTS = (Object.keys(VIEWS) as (keyof typeof VIEWS)[]).flatMap((view) =>
  (["light", "dark"] as const).flatMap((scheme) =>
    (["desktop", "phone"] as const).map((size) => [view, scheme, size] as const),
  ),
);

const isBeforeTheStop = ([view]: (typeof SHOTS)[number]): boolean => view === "fleet";

test("the collector is away for a while once the fleet is taken", async () => {
  for (const shot of SHOTS.filter(isBeforeTheStop)) await take(...shot);
  await restart();
}, 120_000);

test.each(SHOTS.filter((shot) => !isBeforeTheStop(shot)))("%s, %s, %s", (...shot) => take(...shot));

/** Shows the tip of a cell of a device of the second hall in which numbers were lost to the network. */
const hoverLoss = async (page: Page): Promise<void> => {
  const box = (await page.locator(".raster-cells").boundingBox())!;
  for (let cell = 20; cell < 120; cell++) {
    await page.mouse.move(box.x + box.width - CELL * (cell + 0.5), box.y + ROW * 27.5);
    await pause(20);
    if (await page.locator(".tip", { hasText: "network" }).isVisible()) return;
  }
};

const take = async (
  view: keyof typeof VIEWS,
  colorScheme: "light" | "dark",
  size: keyof typeof SIZES,
): Promise<void> => {
  const { page, complaints, close } = await visit(browser, collector.api, VIEWS[view], {
    colorScheme,
    viewport: SIZES[size],
    deviceScaleFactor: size === "phone" ? 2 : 1,
  });
  await pause(view === "collector" ? 4000 : 2500);
  if (view === "raster" && size === "desktop") {
    await hoverLoss(page);
  }
  const name = size === "desktop" ? `${view}-${colorScheme}` : `${view}-phone-${colorScheme}`;
  await page.screenshot({ path: join(IMAGES, `${name}.png`) });
  await close();
  expect(complaints).toEqual([]);
};
