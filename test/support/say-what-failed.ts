import { afterAll, afterEach } from "vitest";
import { type LacunaProcess, startedProcesses } from "./lacuna-process.ts";

/** so much of what a process said last */
const LAST_LINES = 15;

/** how many of them a test before has started */
let known = 0;

/** Of tests that run at once it is not known whose a process is: those that ended badly are told with each failure. */
const hasEndedBadly = ({ child: { exitCode, signalCode } }: LacunaProcess): boolean =>
  signalCode !== null || (exitCode ?? 0) !== 0;

// a test that fails by what a process did says what the process said of it
afterEach(({ task }) => {
  const told = startedProcesses.filter((each, index) => index >= known || hasEndedBadly(each));
  known = startedProcesses.length;
  if (task.result?.state !== "fail") return;
  for (const { args, child, stderr } of told) {
    const end = child.exitCode ?? child.signalCode ?? "running";
    console.log(`lacuna ${args.join(" ")}: ${end}\n${stderr.split("\n").slice(-LAST_LINES).join("\n")}`);
  }
});

// and leaves nothing running: vitest ends its processes by a signal
afterAll(() => {
  for (const { child } of startedProcesses) child.kill("SIGKILL");
});
