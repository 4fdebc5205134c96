import { setTimeout as sleep } from "node:timers/promises";
import type { Finding } from "../../api/findings/finding.ts";
import type { ApiClient } from "../../common/api-client.ts";

/** What is so at this moment; most other findings are about what was since the start. */
const OF_NOW: readonly Finding["code"][] = ["database", "thread-stalled", "listener-state"];

/** As the dashboard does. */
const LOOK_EVERY_MS = 5000;

const say = (sentence: string): void => {
  process.stderr.write(`${sentence}\n`);
};

/** In one line each; "" = nothing. */
const troublesOf = async (client: ApiClient, request: { signal?: AbortSignal } = {}): Promise<string> => {
  const { findings } = await client.get<{ findings: Finding[] }>("/status", { findings: [{}] }, request);
  return findings
    .filter(({ code, severity }) => severity === "problem" && OF_NOW.includes(code))
    .map(({ sentence, listener }) => {
      const where = listener === null ? "" : `${listener}: `;
      return `${where}${sentence} Meanwhile devices may seem silent, and losses may not show yet; lacuna doctor says what to do`;
    })
    .join("\n");
};

/** Says beside a list what keeps the collector from hearing or storing: without it the numbers there look whole, and devices silent. */
export const tellTrouble = async (client: ApiClient): Promise<void> => {
  const troubles = await troublesOf(client);
  if (troubles !== "") say(troubles);
};

/** The same beside what goes on, until `signal`: when it begins, when it changes and when it is over. */
export const watchTrouble = async (
  client: ApiClient,
  signal: AbortSignal,
  everyMs = LOOK_EVERY_MS,
): Promise<void> => {
  let told = "";
  while (!signal.aborted) {
    // a collector that does not answer is told of by whoever follows it
    const now = await troublesOf(client, { signal }).catch(() => told);
    if (now !== told) say(now === "" ? "the collector hears and stores again" : now);
    told = now;
    await sleep(everyMs, undefined, { signal }).catch(() => {});
  }
};
