import { availableParallelism } from "node:os";
import { join } from "node:path";
import { numberFrom, parseCommand, refuse, runBenchmark } from "../support/command.ts";
import {
  openResults,
  type Pair,
  type Summary,
  summarizePairs,
  tableRow,
  writeResults,
} from "./support/report.ts";
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

const RECEIVE: readonly RunSettings["receive"][] = ["auto", "native", "dgram"];
/** what Linux cuts out of one message at most (UDP_MAX_SEGMENTS) */
const MAX_SEGMENTS = 64;

const { values: flags, positionals } = parseCommand(HELP, {
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
  },
});

const given = (
  name: "pairs" | "seconds" | "rate" | "segments",
  least: number,
  isWhole = true,
  most?: number,
): number | undefined => {
  const text = flags[name];
  if (text === undefined) return undefined;
  return numberFrom(`--${name}`, text, { least, isWhole, ...(most === undefined ? {} : { most }) });
};

const pairs = given("pairs", 1);
const rateHz = given("rate", 1);
const seconds = given("seconds", 0.1, false);
const segments = given("segments", 1, true, MAX_SEGMENTS);
if (!RECEIVE.includes(flags.receive as RunSettings["receive"]))
  refuse(`--receive takes ${RECEIVE.join(", ")}, not '${flags.receive}'`);

/** Rates are made for 4 cores; fewer get half of them. */
const overrides: LoadOverrides = {
  ...(rateHz === undefined ? {} : { rateHz }),
  ...(seconds === undefined ? {} : { seconds }),
  ...(segments === undefined ? {} : { segments }),
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
  const done: Pair[] = [];
  const count = pairs ?? (scenario.isCompared ? 5 : scenario.onDemand === true ? 1 : 3);
  while (done.length < count) {
    done.push(await runPair(scenario));
    process.stderr.write(".");
  }
  process.stderr.write("\n");
  return summarizePairs(loadOf(scenario, overrides), settingsOf(scenario), scenario.question, done);
};

const wantedNames = (): string[] => {
  const unknown = positionals.filter((name) => !Object.hasOwn(SCENARIOS, name));
  if (unknown.length > 0)
    refuse(`there is no scenario '${unknown.join("', '")}': ${Object.keys(SCENARIOS).join(", ")}`);
  if (positionals.length > 0) return positionals;
  return Object.keys(SCENARIOS).filter((name) => SCENARIOS[name]!.onDemand !== true);
};

const checkSeconds = (name: string): void => {
  const { leastSeconds = 0 } = SCENARIOS[name]!;
  if (seconds !== undefined && seconds < leastSeconds)
    refuse(`--seconds: ${name} lasts at least ${leastSeconds} s, or it says nothing`);
};

const names = wantedNames();
names.forEach(checkSeconds);

await runBenchmark(async () => {
  const date = new Date().toISOString().slice(0, 10);
  const file = flags.out ?? join(import.meta.dirname, "../results", `${date}.json`);
  const earlier = openResults(file);
  const results: Record<string, Summary> = {};
  for (const name of names) {
    console.log(`${name}: ${SCENARIOS[name]!.question}`);
    results[name] = await measure(SCENARIOS[name]!);
    const { threadUsPerDatagram, observed } = results[name];
    console.table([tableRow(name, results[name])]);
    console.log("CPU by thread, us per datagram:", threadUsPerDatagram);
    if (observed.length > 0) console.log("observed:", observed);
    writeResults(file, earlier, results);
  }
  console.log(`written to ${file}`);
});
