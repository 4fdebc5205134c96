import type { Finding } from "../../api/findings/finding.ts";
import { ApiClient } from "../../common/api-client.ts";
import { type ApiFlags, tokenOf } from "../options/api-flags.ts";
import { EXIT } from "../terminal/exit-codes.ts";
import { print } from "../terminal/output.ts";
import {
  type CollectorFinding,
  type Diagnosis,
  diagnosisLines,
  diagnosisOf,
  type ListenerFacts,
} from "./diagnosis.ts";

interface StatusJson {
  findings: Finding[];
  listeners: ListenerFacts[];
}

/** Print what was found; exit status 1 when there is a problem. @param ofCollector - what is about no single listener */
export const reportDiagnoses = async (
  diagnoses: readonly Diagnosis[],
  isJson: boolean,
  ofCollector: readonly CollectorFinding[],
): Promise<void> => {
  const all = [...diagnoses.flatMap(({ findings }) => findings), ...ofCollector];
  const problems = all.filter(({ severity }) => severity === "problem").length;
  const text = isJson
    ? JSON.stringify({ ok: problems === 0, listeners: diagnoses, findings: ofCollector })
    : [
        ...diagnosisLines(diagnoses, ofCollector),
        problems === 0 ? "no problem was found" : `problems: ${problems}`,
      ].join("\n");
  await print(`${text}\n`);
  if (problems > 0) process.exitCode = EXIT.FAILED;
};

/** The collector finds what is wrong: it knows its host and its sockets, wherever this runs. */
export const doctor = async ({ api, token, json = false }: ApiFlags & { json?: boolean }): Promise<void> => {
  const client = new ApiClient(api, { token: tokenOf(token) });
  const { listeners, findings } = await client.get<StatusJson>("/status", {
    listeners: [{}],
    findings: [{}],
  });
  const about = (url: string | null): Finding[] => findings.filter(({ listener }) => listener === url);
  await reportDiagnoses(
    listeners.map((listener) => diagnosisOf(listener, about(listener.url))),
    json,
    about(null),
  );
};
