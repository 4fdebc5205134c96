import { afterAll, afterEach } from "vitest";
import { startedProcesses } from "./lacuna-process.ts";

/** so much of what a process said last */
const LAST_LINES = 15;

/** how many of them a test before has started */
let known = 0;

// a test that fails by what a process did says what the process said of it
afterEach(({ task }) => {
  const own = startedProcesses.slice(known);
  known = startedProcesses.length;
  if (task.result?.state !== "fail") return;
  for (const { args, child, stderr } of own) {
    const end = child.exitCode ?? child.signalCode ?? "running";
    console.log(`lacuna ${args.join(" ")}: ${end}\n${stderr.split("\n").slice(-LAST_LINES).join("\n")}`);
  }
});

// and leaves nothing running: vitest ends its processes by a signal
afterAll(() => {
  for (const { child } of startedProcesses) child.kill("SIGKILL");
});
