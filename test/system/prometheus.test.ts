import { execFile, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { eventually, startCollector, temporaryDirectory } from "../support/lacuna-process.ts";

const DEPLOY = join(import.meta.dirname, "../../deploy");
const RULES = join(DEPLOY, "prometheus/lacuna.rules.yml");
interface Dashboard {
  panels: { title: string; targets: { expr: string }[] }[];
}
const dashboard = JSON.parse(readFileSync(join(DEPLOY, "grafana/lacuna.json"), "utf8")) as Dashboard;
const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

const hasPromtool = spawnSync("promtool", ["--version"]).error === undefined;
const isMissing = !hasPromtool && process.env.CI === undefined;
if (isMissing) console.log("promtool is not installed (Debian: prometheus): its checks are left out");

const promtool = (args: string[], input = ""): Promise<string> =>
  new Promise((resolve) => {
    const child = execFile("promtool", args, (error, stdout, stderr) =>
      resolve(`${error === null ? 0 : (error.code ?? error.signal)} ${stdout}${stderr}`),
    );
    child.stdin!.end(input);
  });

/** /metrics of a collector that has something of everything. */
const metricsText = async (): Promise<string> => {
  const directory = temporaryDirectory();
  const listen = ["A", "B"].flatMap((path) => ["--listen", `udp://127.0.0.1:0?path=${path}`]);
  const collector = await startCollector([...listen, "--db", `${directory.path}/m.db`]);
  try {
    const sender = createSocket("udp4");
    // the last one is out of order: its delay is told too
    for (const seq of [0, 2, 1]) {
      const datagram = JSON.stringify({ device: "pump-7", seq, values: { temperature: 21.5 } });
      sender.send(datagram, collector.ports[0], "127.0.0.1");
    }
    await eventually(
      async () => await (await fetch(`${collector.api}/metrics`)).text(),
      (text) => text.includes("lacuna_reorder_delay_seconds{"),
    );
    sender.close();
    return await eventually(
      async () => await (await fetch(`${collector.api}/metrics`)).text(),
      // a request is counted once it is answered: the second one tells of the first
      (text) =>
        text.includes("lacuna_devices 1\n") && text.includes("lacuna_http_request_duration_seconds_bucket"),
    );
  } finally {
    await collector.stop();
    directory.remove();
  }
};
let text: string;
beforeAll(async () => {
  text = await metricsText();
});

test.skipIf(isMissing)("promtool finds nothing wrong with /metrics", async () => {
  expect(await promtool(["check", "metrics"], text)).toBe("0 ");
});

test.skipIf(isMissing)("promtool accepts the alerts, and the expressions of the dashboard", async () => {
  expect(await promtool(["check", "rules", RULES])).toMatch(/^0 /);
  const directory = mkdtempSync(join(tmpdir(), "lacuna-rules-"));
  const plain = expressions.map((expr) => expr.replaceAll("$__rate_interval", "1m"));
  const rules = plain.map((expr, index) => `  - record: panel:${index}\n    expr: ${JSON.stringify(expr)}\n`);
  const file = join(directory, "panels.yml");
  writeFileSync(file, `groups:\n- name: panels\n  rules:\n${rules.join("")}`);
  const said = await promtool(["check", "rules", file]);
  rmSync(directory, { recursive: true });
  expect(said).toMatch(/^0 /);
});

type Samples = { labels: string; value: number }[];

/** What promtool says of the values of expressions over such series, given by the minute. */
const ask = async (
  series: Record<string, string>,
  expected: { expr: string; minutes: number; samples: Samples }[],
) => {
  const directory = mkdtempSync(join(tmpdir(), "lacuna-alerts-"));
  const test = {
    rule_files: [RULES],
    evaluation_interval: "1m",
    tests: [
      {
        interval: "1m",
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        promql_expr_test: expected.map(({ expr, minutes, samples }) => ({
          expr,
          eval_time: `${minutes}m`,
          exp_samples: samples,
        })),
      },
    ],
  };
  const file = join(directory, "alerts.yml");
  // YAML takes JSON
  writeFileSync(file, JSON.stringify(test));
  const said = await promtool(["test", "rules", file]);
  rmSync(directory, { recursive: true });
  return said;
};

const firing = (labels: string[]): Samples => labels.map((each) => ({ labels: `{${each}}`, value: 1 }));

test.skipIf(isMissing)(
  "a listener that need not be up is no critical alert, one that must be is",
  async () => {
    const down = ["udp://0.0.0.0:4747", "udp://239.192.47.47:4748?optional=true"];
    const states = down.map(
      (listener) => `lacuna_listener_state{state="UNAVAILABLE",listener="${listener}",job="lacuna"}`,
    );
    const alerts = {
      expr: 'sum by (alertname, severity, listener) (ALERTS{alertstate="firing"})',
      minutes: 20,
      samples: firing([
        `alertname="LacunaListenerDown",severity="critical",listener="${down[0]}"`,
        `alertname="LacunaOptionalListenerDown",severity="info",listener="${down[1]}"`,
      ]),
    };
    const panel = dashboard.panels.find(({ title }) => title === "Listeners not OK")!;
    const onPanel = {
      expr: panel.targets[0]!.expr.replaceAll("$job", "lacuna"),
      minutes: 20,
      samples: [{ labels: "{}", value: 1 }],
    };
    const series = Object.fromEntries(states.map((state) => [state, "1+0x30"]));
    expect(await ask(series, [alerts, onPanel])).toMatch(/^0 /);
  },
);

test.skipIf(isMissing)(
  "a thread that has stalled is told by its name, none that runs or stops with all",
  async () => {
    const of = (thread: string) => `lacuna_thread_running{job="lacuna",thread="${thread}"}`;
    const samples = firing([`alertname="LacunaThreadStalled",severity="critical",thread="ingest-1"`]);
    const expr = 'sum by (alertname, severity, thread) (ALERTS{alertstate="firing"})';
    const series = {
      [of("ingest-0")]: "1+0x10",
      [of("ingest-1")]: "1 1 0 0 0 0",
      // the last that was heard of a collector
      [of("stopped")]: "1 1 1 1 0 stale",
    };
    expect(await ask(series, [{ expr, minutes: 4, samples }])).toMatch(/^0 /);
  },
);

test.skipIf(isMissing)("a collector that loses is told beside a larger one that loses nothing", async () => {
  const of = (metric: string, instance: string, more = "") =>
    `${metric}{job="lacuna",instance="${instance}"${more}}`;
  const series = {
    [of("lacuna_expected_numbers_total", "large")]: "0+60000x60",
    [of("lacuna_received_numbers_total", "large")]: "0+60000x60",
    [of("lacuna_expected_numbers_total", "small")]: "0+60x60",
    [of("lacuna_received_numbers_total", "small")]: "0+30x60",
    // a late number takes one from what was lost: it hid as many that the other collector lost meanwhile
    [of("lacuna_lost_numbers", "large", ',cause="queue-overflow"')]: "9000-60x60",
    [of("lacuna_lost_numbers", "small", ',cause="queue-overflow"')]: "0+30x60",
  };
  const samples = firing(
    ["LacunaIncomplete", "LacunaOwnLoss"].map((name) => `alertname="${name}",instance="small"`),
  );
  const expr = 'sum by (alertname, instance) (ALERTS{alertstate="firing"})';
  expect(await ask(series, [{ expr, minutes: 50, samples }])).toMatch(/^0 /);
});

test.skipIf(isMissing)(
  "devices beyond maxDevices are told however seldom they send, and not as what cannot be read",
  async () => {
    const of = (reason: string) =>
      `lacuna_rejected_datagrams_total{job="lacuna",instance="hall",reason="${reason}"}`;
    const series = {
      [of("device-limit")]: "0+90x60",
      [of("bad-json")]: "0+90x60",
      [of("truncated")]: "7+0x60",
    };
    const samples = firing([
      `alertname="LacunaCannotRead",reason="bad-json"`,
      `alertname="LacunaDeviceLimit"`,
    ]);
    const expr = 'sum by (alertname, reason) (ALERTS{alertstate="firing"})';
    expect(await ask(series, [{ expr, minutes: 50, samples }])).toMatch(/^0 /);
    const seldom = { [of("device-limit")]: "0+1x60", [of("bad-json")]: "0+1x60" };
    const alone = firing([`alertname="LacunaDeviceLimit"`]);
    expect(await ask(seldom, [{ expr, minutes: 50, samples: alone }])).toMatch(/^0 /);
  },
);

test.skipIf(isMissing)(
  "the completeness that the page of metrics asks for has an answer, for each collector",
  async () => {
    const page = readFileSync(join(DEPLOY, "../docs/metrics.md"), "utf8");
    const expr = page.match(/How complete is what arrived\? \| `(.*)` \|$/m)![1]!;
    const labels = 'job="lacuna",instance="hall"';
    const series = {
      [`lacuna_expected_numbers_total{${labels}}`]: "0+40x10",
      [`lacuna_received_numbers_total{${labels},bin="inOrder"}`]: "0+20x10",
      [`lacuna_received_numbers_total{${labels},bin="recovered"}`]: "0+10x10",
    };
    const samples = [{ labels: `{${labels}}`, value: 75 }];
    const percent = `round((${expr}) * 100)`;
    expect(await ask(series, [{ expr: percent, minutes: 10, samples }])).toMatch(/^0 /);
  },
);

test("alerts and dashboard ask only for metrics there are", () => {
  const asked = [readFileSync(RULES, "utf8"), ...expressions].flatMap(
    (each) => each.match(/\blacuna_\w+/g) ?? [],
  );
  const known = new Set(Array.from(text.matchAll(/^([a-z_]\w*)[{ ]/gm), ([, name]) => name));
  expect(asked.filter((name) => !known.has(name))).toEqual([]);
  expect(asked.length).toBeGreaterThan(20);
});
