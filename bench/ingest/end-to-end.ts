import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Pair, type Summary, summarizePairs, tableRow, writeResults } from "./support/report.ts";
import type { Observer, RunSettings } from "./support/runs.ts";
import { runCollector, runDiscard } from "./support/runs.ts";
import { type LoadOverrides, loadOf, SCENARIOS, type Scenario } from "./support/scenarios.ts";

/**
 * The collector as users run it, against the discard receiver, alternating: `node bench/ingest/end-to-end.ts [SCENARIO…]`; all but those on demand
 * when none is named. Prints a table and writes `bench/results/<date>.json`.
 */
const HELP = `node bench/ingest/end-to-end.ts [SCENARIO…] [options]
  --pairs N      runs of each side (5; 3 where nothing is compared)
  --seconds S, --rate HZ, --segments N   instead of the scenario's own; segments 1 = without offload
  --receive auto|native|dgram
  --collect "WORDS"        more options for lacuna collect
  --node-options "WORDS"   for the collector, such as --cpu-prof
  --out FILE     instead of bench/results/<date>.json
  --verbose      every run as JSON`;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pairs: { type: "string" },
    seconds: { type: "string" },
    rate: { type: "string" },
    segments: { type: "string" },
    receive: { type: "string", default: "auto" },
    collect: { type: "string", default: "" },
    "node-options": { type: "string", default: "" },
    out: { type: "string" },
    verbose: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const numberOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Number(text);

/** Rates are made for 4 cores; fewer get half of them. */
const overrides: LoadOverrides = {
  ...(flags.rate === undefined ? {} : { rateHz: Number(flags.rate) }),
  ...(flags.seconds === undefined ? {} : { seconds: Number(flags.seconds) }),
  ...(flags.segments === undefined ? {} : { segments: Number(flags.segments) }),
  rateFactor: availableParallelism() >= 4 ? 1 : 0.5,
};

const settingsOf = (scenario: Scenario): RunSettings => ({
  receive: scenario.receive ?? (flags.receive as RunSettings["receive"]),
  collectArgs: flags.collect.split(" ").filter((word) => word !== ""),
  nodeOptions: flags["node-options"],
});

const NOTHING: Observer<null> = { stop: async () => ({ figures: null, sent: 0 }) };

const runPair = async (scenario: Scenario): Promise<Pair> => {
  const load = loadOf(scenario, overrides);
  const settings = settingsOf(scenario);
  const discard = scenario.isCompared ? await runDiscard(load, settings) : null;
  const observe = scenario.observe ?? (() => NOTHING);
  const { run, observed } = await runCollector<unknown>(load, settings, observe);
  const pair = { discard, collector: run, observed };
  if (flags.verbose) console.log(JSON.stringify(pair, null, 1));
  return pair;
};

const measure = async (scenario: Scenario): Promise<Summary> => {
  const pairs: Pair[] = [];
  const count = numberOf(flags.pairs) ?? (scenario.isCompared ? 5 : scenario.onDemand === true ? 1 : 3);
  while (pairs.length < count) {
    pairs.push(await runPair(scenario));
    process.stderr.write(".");
  }
  process.stderr.write("\n");
  return summarizePairs(loadOf(scenario, overrides), scenario.question, pairs);
};

const wantedNames = (): string[] => {
  const unknown = positionals.filter((name) => !Object.hasOwn(SCENARIOS, name));
  if (unknown.length > 0)
    throw new Error(`there is no scenario "${unknown}": ${Object.keys(SCENARIOS).join(", ")}`);
  if (positionals.length > 0) return positionals;
  return Object.keys(SCENARIOS).filter((name) => SCENARIOS[name]!.onDemand !== true);
};

const run = async (): Promise<void> => {
  const results: Record<string, Summary> = {};
  for (const name of wantedNames()) {
    console.log(`${name}: ${SCENARIOS[name]!.question}`);
    results[name] = await measure(SCENARIOS[name]!);
    const { threadUsPerDatagram, observed } = results[name];
    console.table([tableRow(name, results[name])]);
    console.log("CPU by thread, us per datagram:", threadUsPerDatagram);
    if (observed.length > 0) console.log("observed:", observed);
  }
  const date = new Date().toISOString().slice(0, 10);
  writeResults(flags.out ?? join(import.meta.dirname, "../results", `${date}.json`), results);
};

if (flags.help) console.log(HELP);
else await run();
