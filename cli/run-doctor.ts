import type { Advice } from "../api/advice.ts";
import { ApiClient } from "../common/api-client.ts";
import { type ApiFlags, tokenOf } from "./api-flags.ts";
import { type Diagnosis, diagnose, diagnosisLines, type ListenerFacts } from "./diagnosis.ts";
import { EXIT } from "./exit-codes.ts";
import { hostFacts } from "./host-facts.ts";
import { isLoopback } from "./http-server.ts";

interface StatusJson {
  advice: Advice[];
  listeners: (Omit<ListenerFacts, "crosstalk"> & { counters: { rejected: Record<string, number> } })[];
}

const factsOf = (listener: StatusJson["listeners"][number]): ListenerFacts => ({
  url: listener.url,
  state: listener.state,
  reason: listener.reason,
  optional: listener.optional,
  group: listener.group,
  interface: listener.interface,
  lastDatagramAt: listener.lastDatagramAt ?? null,
  crosstalk: listener.counters.rejected.crosstalk ?? 0,
  kernelDrops: listener.kernelDrops ?? null,
  receiveBuffer: listener.receiveBuffer,
});

const adviceLines = ({ text, setting, listener }: Advice): string[] => [
  `${listener ?? "collector"}: ${text}`,
  ...(setting === null ? [] : [`  set: ${setting}`]),
];

/** Print what was found; exit status 1 when there is a problem. @param advice - of a collector that runs */
export const reportDiagnoses = (
  diagnoses: readonly Diagnosis[],
  isJson: boolean,
  advice: readonly Advice[] = [],
): void => {
  const problems = diagnoses.flatMap(({ findings }) => findings.filter(({ kind }) => kind === "problem"));
  const text = isJson
    ? JSON.stringify({ ok: problems.length === 0, listeners: diagnoses, advice })
    : [
        ...diagnoses.flatMap(diagnosisLines),
        ...advice.flatMap(adviceLines),
        problems.length === 0 ? "no problem was found" : `problems: ${problems.length}`,
      ].join("\n");
  process.stdout.write(`${text}\n`);
  if (problems.length > 0) process.exitCode = EXIT.FAILED;
};

/** What this host says counts only for a collector that runs on it. */
export const doctor = async ({ api, token, json = false }: ApiFlags & { json?: boolean }): Promise<void> => {
  const client = new ApiClient(api, { token: tokenOf(token) });
  const { listeners, advice } = await client.get<StatusJson>("/status");
  const { hostname } = new URL(api);
  const host = isLoopback({ host: hostname.replace(/^\[|\]$/g, ""), port: 0 }) ? hostFacts() : null;
  reportDiagnoses(
    listeners.map((listener) => diagnose(factsOf(listener), host)),
    json,
    advice,
  );
};
