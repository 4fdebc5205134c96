import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { AttackPlan, AttackReport } from "./plan.ts";

const ATTACKER = new URL("./attacker.ts", import.meta.url).pathname;

/** Runs an attacker as a process of its own, to its end. */
export const startAttack = async (plan: AttackPlan): Promise<AttackReport> => {
  const { stdout } = await promisify(execFile)(process.execPath, [ATTACKER, JSON.stringify(plan)]);
  return JSON.parse(stdout) as AttackReport;
};
