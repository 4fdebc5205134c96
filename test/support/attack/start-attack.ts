import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { AttackPlan, AttackReport } from "./plan.ts";

const ATTACKER = join(import.meta.dirname, "attacker.ts");

/** Runs an attacker as a process of its own, to its end. */
export const startAttack = async (plan: AttackPlan): Promise<AttackReport> => {
  const { stdout } = await promisify(execFile)(process.execPath, [ATTACKER, JSON.stringify(plan)]);
  return JSON.parse(stdout) as AttackReport;
};
