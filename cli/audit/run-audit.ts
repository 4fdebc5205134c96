import { systemClock } from "../../common/clock.ts";
import { ConfigurationError } from "../../common/errors.ts";
import { type AuditReport, audit, formatReport } from "../../simulator/audit/audit.ts";
import { httpAuditSource } from "../../simulator/audit/audit-http.ts";
import { settle } from "../../simulator/audit/settle.ts";
import type { Truth } from "../../simulator/truth/truth.ts";
import { readTruth } from "../../simulator/truth/truth-file.ts";
import { tokenOf } from "../options/api-flags.ts";
import { EXIT } from "../terminal/exit-codes.ts";
import { print } from "../terminal/output.ts";
import { openDatabaseAuditSource } from "./audit-database.ts";
import { withAuditProgress } from "./audit-progress.ts";

export interface AuditFlags {
  truth: string;
  api?: string;
  token?: string;
  db?: string;
  allowUnknown?: boolean;
  json?: boolean;
}

const printReport = async (report: AuditReport, json: boolean): Promise<void> => {
  await print(json ? `${JSON.stringify(report)}\n` : `${formatReport(report).join("\n")}\n`);
};

const auditApi = async (
  truth: Truth,
  url: string,
  token: string | null,
  allowUnknown: boolean,
): Promise<AuditReport> => {
  const source = httpAuditSource(url, token);
  if (!(await settle(source, systemClock))) {
    process.stderr.write(
      "the collector is still receiving, or what it has received is not stored: the audit compares a moving ledger\n",
    );
  }
  return await withAuditProgress((onProgress) => audit(truth, source, { allowUnknown, onProgress }));
};

const auditDatabase = async (truth: Truth, file: string, allowUnknown: boolean): Promise<AuditReport> => {
  const source = openDatabaseAuditSource(file);
  try {
    return await withAuditProgress((onProgress) => audit(truth, source, { allowUnknown, onProgress }));
  } finally {
    source.close();
  }
};

/** @throws ConfigurationError unless exactly one of `api` and `db` is given */
export const runAudit = async ({
  truth: truthPath,
  api,
  token,
  db,
  allowUnknown = false,
  json = false,
}: AuditFlags): Promise<void> => {
  if ((api === undefined) === (db === undefined)) {
    const sentence = "accepted is exactly one of --api URL and --db FILE";
    throw new ConfigurationError([{ key: "audit", origin: "--api", value: undefined, sentence }]);
  }
  const truth = await readTruth(truthPath);
  const report =
    api === undefined
      ? await auditDatabase(truth, db!, allowUnknown)
      : await auditApi(truth, api, tokenOf(token), allowUnknown);
  await printReport(report, json);
  if (!report.isClean) process.exitCode = EXIT.FAILED;
};
