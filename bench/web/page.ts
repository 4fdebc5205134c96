import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser } from "playwright-core";
import buildPage from "../../test/browser/support/build.ts";
import { hasChromium, launchChromium } from "../../test/browser/support/chromium.ts";
import {
  eventually,
  getJson,
  LacunaProcess,
  type RunningCollector,
  startCollector,
} from "../../test/support/lacuna-process.ts";
import { numberFrom, parseCommand, runBenchmark } from "../support/command.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { WatchedPage } from "./support/watched-page.ts";

/** The dashboard under load, in the system's Chromium: how soon a long list is there, whether it scrolls, whether a busy chart stays smooth and its memory flat. */
const HELP = `node bench/web/page.ts [options]
  --devices N    listed (100000)
  --visits N     of the list (5)
  --scroll N     seconds (10)
  --rate N       readings/s of the one device of the chart (5000)
  --channels N   of that device (1)
  --seconds N    the chart is looked at (60)`;

const { values: flags } = parseCommand(HELP, {
  options: {
    devices: { type: "string", default: "100000" },
    visits: { type: "string", default: "5" },
    scroll: { type: "string", default: "10" },
    rate: { type: "string", default: "5000" },
    channels: { type: "string", default: "1" },
    seconds: { type: "string", default: "60" },
  },
});
const asked = {
  devices: numberFrom("--devices", flags.devices, { least: 0 }),
  visits: numberFrom("--visits", flags.visits, { least: 0 }),
  scroll: numberFrom("--scroll", flags.scroll, { least: 1 }),
  rate: numberFrom("--rate", flags.rate, { least: 1 }),
  channels: numberFrom("--channels", flags.channels, { least: 1, most: 1024 }),
  seconds: numberFrom("--seconds", flags.seconds, { least: 0 }),
};
/** so many parts of the time between two looks at the memory */
const LOOKS = 6;
/** datagrams/s while the list is filled, and while it is looked at */
const FILL_HZ = 20_000;
const LISTED_HZ = 1000;
const FRAME_MS = 16;

const simulate = (collector: RunningCollector, ...flagsOf: readonly (string | number)[]): LacunaProcess =>
  new LacunaProcess([
    "simulate",
    "--target",
    `udp://127.0.0.1:${collector.ports[0]}`,
    "--truth",
    "none",
    ...flagsOf.map(String),
  ]);

/** A collector of its own for `play`, gone afterwards. */
const withCollector = async (play: (collector: RunningCollector) => Promise<void>): Promise<void> => {
  const folder = temporaryFolder();
  const collector = await startCollector([
    "--listen",
    "udp://127.0.0.1:0",
    "--http",
    "127.0.0.1:0",
    "--db",
    `${folder.path}/page.db`,
  ]);
  try {
    await play(collector);
  } finally {
    await collector.stop();
    folder.remove();
  }
};

const firstPaint = async ({ page }: WatchedPage): Promise<{ paintMs: number; rowsMs: number }> => {
  await page.locator(".devices th.id").first().waitFor();
  const rowsMs = (await page.evaluate("performance.now()")) as number;
  const paintMs = (await page.evaluate(
    'performance.getEntriesByName("first-contentful-paint")[0].startTime',
  )) as number;
  return { paintMs: Math.round(paintMs), rowsMs: Math.round(rowsMs) };
};

/** The wheel in steps of three rows, and every second a jump to elsewhere. */
const scroll = async ({ page }: WatchedPage, seconds: number): Promise<void> => {
  const box = (await page.locator(".device-scroll").boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  const end = performance.now() + seconds * 1000;
  for (let step = 0; performance.now() < end; step++) {
    if (step % 60 === 59) {
      const share = ((step * 37) % 100) / 100;
      await page.evaluate(
        `{ const list = document.querySelector(".device-scroll"); list.scrollTop = ${share} * list.scrollHeight; }`,
      );
    }
    await page.mouse.wheel(0, 90);
    await sleep(FRAME_MS);
  }
};

const list = (browser: Browser): Promise<void> =>
  withCollector(async (collector) => {
    const { devices } = asked;
    const fill = simulate(collector, "--devices", devices, "--count", 2, "--total-rate", FILL_HZ);
    await fill.finished;
    await eventually(
      () => getJson<{ devices: number }>(`${collector.api}/api/v1/status`),
      (status) => status.devices === devices,
    );
    const busy = simulate(collector, "--devices", 1000, "--id-prefix", "busy", "--total-rate", LISTED_HZ);
    const visits = [];
    for (let visited = 0; visited < asked.visits; visited++) {
      const opened = await WatchedPage.open(browser, collector.api, "#/");
      visits.push({ ...(await firstPaint(opened)), ...(await opened.longTasks()), load: loadavg()[0] });
      complain(opened);
      await opened.close();
    }
    const opened = await WatchedPage.open(browser, collector.api, "#/");
    await firstPaint(opened);
    await opened.longTasks();
    await scroll(opened, asked.scroll);
    const scrolled = { ...(await opened.longTasks()), load: loadavg()[0] };
    complain(opened);
    console.log(`${devices} devices listed, scrolled for ${asked.scroll} s:`);
    console.table([{ ...scrolled, longestCpuMs: await opened.close() }]);
    console.log("its first paint, and when the first rows were there:");
    console.table(visits);
    busy.signal("SIGINT");
    await busy.finished;
  });

const chart = (browser: Browser): Promise<void> =>
  withCollector(async (collector) => {
    const { rate, channels, seconds } = asked;
    const device = simulate(
      collector,
      "--devices",
      1,
      "--channels",
      channels,
      "--total-rate",
      rate / channels,
    );
    const { devices } = await eventually(
      () => getJson<{ devices: { id: string }[] }>(`${collector.api}/api/v1/devices`),
      (answer) => answer.devices.length === 1,
    );
    const opened = await WatchedPage.open(browser, collector.api, `#/device/${devices[0]!.id}`);
    await opened.page.locator(".channel canvas").first().waitFor();
    const looks = [];
    for (let look = 0; look <= LOOKS; look++) {
      if (look > 0) await sleep((seconds * 1000) / LOOKS);
      // the collection of garbage is a long task of the question's making
      const tasks = await opened.longTasks();
      const { heapBytes, nodes } = await opened.memory();
      await opened.longTasks();
      looks.push({
        s: Math.round((look * seconds) / LOOKS),
        ...tasks,
        "heap MB": Math.round(heapBytes / 1e5) / 10,
        nodes,
        load: loadavg()[0],
      });
    }
    complain(opened);
    const longestCpuMs = await opened.close();
    device.signal("SIGINT");
    await device.finished;
    const { total } = await getJson<{ total: Record<string, number> }>(`${collector.api}/api/v1/ledger`);
    console.log(
      `a device at ${rate} readings/s in ${channels} channels, lost ${total.lost}; its longest task took ${longestCpuMs} ms of a processor:`,
    );
    console.table(looks);
  });

const complain = ({ complaints }: WatchedPage): void => {
  if (complaints.length === 0) return;
  console.error(complaints.join("\n"));
  process.exitCode = 1;
};

if (hasChromium()) {
  await runBenchmark(async () => {
    await buildPage();
    // what a browser that is killed leaves behind goes with the folder
    const folder = temporaryFolder();
    process.env.TMPDIR = folder.path;
    const browser = await launchChromium();
    try {
      if (asked.devices > 0) await list(browser);
      if (asked.seconds > 0) await chart(browser);
    } finally {
      await browser.close();
      folder.remove();
    }
  });
}
