import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../common/clock.ts";
import { resolveSettings } from "../../common/config.ts";
import { LacunaError, messageOf } from "../../common/errors.ts";
import { createLogger } from "../../common/logger.ts";
import { type AuditProgress, type AuditReport, audit, formatReport } from "../../simulator/audit/audit.ts";
import { httpAuditSource } from "../../simulator/audit/audit-http.ts";
import { settle } from "../../simulator/audit/settle.ts";
import { SIMULATOR_OPTIONS } from "../../simulator/options/options.ts";
import type { SimulatorSettings } from "../../simulator/options/settings.ts";
import type { Summary } from "../../simulator/run.ts";
import type { Progress } from "../../simulator/sending.ts";
import { simulate } from "../../simulator/simulate.ts";
import { readTruth } from "../../simulator/truth/truth-file.ts";
import { withAuditProgress } from "../audit/audit-progress.ts";
import { COLLECT_OPTIONS } from "../options/options.ts";
import { type Service, startService } from "../service/service.ts";
import { EXIT } from "../terminal/exit-codes.ts";
import { print } from "../terminal/output.ts";
import { stopSignals } from "../terminal/stop-signals.ts";
import { LiveBlock, lineWidth } from "../terminal/terminal.ts";
import { DEMO_OPTIONS, type DemoSettings } from "./demo-options.ts";
import { demoTable } from "./demo-table.ts";

/** a small receive buffer is worth a warning, but not to someone who looks for the first time: a demo needs little */
const LOG_LEVEL = "error";
const TABLE_MS = process.stdout.isTTY ? 500 : 2000;

const collectSettings = ({ http }: DemoSettings, directory: string) =>
  resolveSettings(COLLECT_OPTIONS, {
    env: {},
    // a port of its own: the demo disturbs no collector that runs already
    flags: { listen: ["udp://127.0.0.1:0"], http, db: join(directory, "demo.db"), logLevel: LOG_LEVEL },
  });

const simulatorSettings = (demo: DemoSettings, target: string, truth: string): SimulatorSettings =>
  resolveSettings(SIMULATOR_OPTIONS, {
    env: {},
    flags: {
      target,
      truth,
      idPrefix: "demo",
      devices: demo.devices,
      rate: demo.rateHz,
      seed: demo.seed,
      duration: demo.durationMs === null ? "none" : `${demo.durationMs}ms`,
      loss: 0.02,
      burstEnter: 0.004,
      burstLeave: 0.25,
      duplicate: 0.01,
      reorder: 0.03,
      corrupt: 0.005,
      // in the mean one of the fleet every two seconds
      restarts: 30 / demo.devices,
    },
  });

interface EndOfDemo {
  /** the fleet ends, then comes the audit */
  signal: AbortSignal;
  /** nobody waits for the devices' answers, nor for the audit */
  hurry: AbortSignal;
}

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined));
  });

/** Shows the table until the simulation is over. @returns what was sent */
const play = async (
  service: Service,
  settings: SimulatorSettings,
  { signal, hurry }: EndOfDemo,
): Promise<Summary> => {
  const block = new LiveBlock(process.stdout);
  let progress: Progress | undefined;
  const show = (): void => {
    const width = lineWidth(process.stdout);
    const lines = demoTable(service.ledger, progress, systemClock.wallUs(), width);
    if (signal.aborted) lines.push("ending: the devices still answer, until nobody asks any more");
    block.show(lines);
  };
  const timer = setInterval(show, TABLE_MS);
  try {
    return await simulate(settings, {
      signal,
      hurry,
      onProgress: (news) => {
        progress = news;
      },
    });
  } finally {
    clearInterval(timer);
  }
};

/** @returns undefined when nobody waits for it any more */
const auditRun = async (
  url: string,
  truthPath: string,
  hurry: AbortSignal,
): Promise<AuditReport | undefined> => {
  const source = httpAuditSource(url);
  const settled = async (onProgress: AuditProgress): Promise<AuditReport> => {
    await settle(source, systemClock);
    return await audit(await readTruth(truthPath), source, { onProgress });
  };
  return await withAuditProgress((onProgress) => Promise.race([settled(onProgress), aborted(hurry)]));
};

const playAndAudit = async (
  service: Service,
  settings: DemoSettings,
  directory: string,
  end: EndOfDemo,
): Promise<void> => {
  const [listener] = service.listeners();
  await print(
    `Dashboard: ${service.url}/   API: ${service.url}/api/v1\n` +
      `${settings.devices} simulated ${settings.devices === 1 ? "device sends" : "devices send"} to udp://127.0.0.1:${listener!.port} through loss, bursts, copies, reordering, damage and restarts; Ctrl-C ends and audits\n\n`,
  );
  const truthPath = join(directory, "truth.jsonl");
  const target = `udp://127.0.0.1:${listener!.port}`;
  const { used } = await play(service, simulatorSettings(settings, target, truthPath), end);
  if (used === 0) return await print("ended before anything was sent: there is nothing to audit\n");
  await print("\nauditing …\n");
  const report = await auditRun(service.url, truthPath, end.hurry);
  if (report === undefined) {
    process.exitCode = EXIT.FAILED;
    return await print("ended without the audit: whether every number is explained was not looked at\n");
  }
  await print(`${formatReport(report).join("\n")}\n`);
  if (!report.isClean) process.exitCode = EXIT.FAILED;
};

/** @throws LacunaError `ERR_DEMO` */
const makeDirectory = (): string => {
  try {
    return mkdtempSync(join(tmpdir(), "lacuna-demo-"));
  } catch (error) {
    const why = `there is no place for the demo's database in ${tmpdir()}: ${messageOf(error)}`;
    throw new LacunaError("ERR_DEMO", why, { cause: error });
  }
};

/** Plays until the duration is over or a signal comes, then audits itself; a second signal ends it without. */
export const demo = async (flags: Record<string, unknown>, version: string): Promise<void> => {
  const settings = resolveSettings(DEMO_OPTIONS, { env: {}, flags });
  const directory = makeDirectory();
  // a terminal that closes ends it too: what it stored is removed
  const signals = stopSignals(["SIGHUP"]);
  const abort = new AbortController();
  const end = (): void => abort.abort();
  const hurry = new AbortController();
  void signals.received.then(end);
  void signals.again.then(() => hurry.abort());
  // nobody looks any more (`| head`)
  process.stdout.on("error", end);
  try {
    const logger = createLogger(LOG_LEVEL);
    const service = await startService(collectSettings(settings, directory), { logger, version });
    void service.failed.then(end);
    try {
      await playAndAudit(service, settings, directory, { signal: abort.signal, hurry: hurry.signal });
    } finally {
      await service.stop();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
    process.stdout.off("error", end);
    signals.dispose();
  }
};
