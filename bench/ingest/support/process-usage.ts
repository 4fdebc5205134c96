import { readdirSync, readFileSync } from "node:fs";

/** What Linux says a process has used since it began (proc(5)). */
export interface ProcessUsage {
  cpuSeconds: number;
  /** by the name of the thread; threads of one name are added up */
  threadSeconds: Record<string, number>;
  /** all it wrote by system calls, and what of it went to the disk, bytes */
  writtenBytes: number;
  diskBytes: number;
}

/** USER_HZ: 100 wherever Node runs on Linux */
const TICKS_PER_SECOND = 100;
/** utime and stime, counted from the state that follows the name (which may have spaces) */
const UTIME_AT = 11;

const cpuSecondsOf = (stat: string): { name: string; seconds: number } => {
  const nameEnd = stat.lastIndexOf(")");
  const fields = stat.slice(nameEnd + 2).split(" ");
  const ticks = Number(fields[UTIME_AT]) + Number(fields[UTIME_AT + 1]);
  return { name: stat.slice(stat.indexOf("(") + 1, nameEnd), seconds: ticks / TICKS_PER_SECOND };
};

const threadSecondsOf = (pid: number): Record<string, number> => {
  const byName: Record<string, number> = {};
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const { name, seconds } = cpuSecondsOf(readFileSync(`/proc/${pid}/task/${task}/stat`, "utf8"));
    byName[name] = (byName[name] ?? 0) + seconds;
  }
  return byName;
};

/** Throws when the process is gone. */
export const processUsage = (pid: number): ProcessUsage => {
  const io = readFileSync(`/proc/${pid}/io`, "utf8");
  const ioField = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, "m").exec(io)?.[1]);
  return {
    cpuSeconds: cpuSecondsOf(readFileSync(`/proc/${pid}/stat`, "utf8")).seconds,
    threadSeconds: threadSecondsOf(pid),
    writtenBytes: ioField("wchar"),
    diskBytes: ioField("write_bytes"),
  };
};

export const usageSince = (before: ProcessUsage, after: ProcessUsage): ProcessUsage => ({
  cpuSeconds: after.cpuSeconds - before.cpuSeconds,
  threadSeconds: Object.fromEntries(
    Object.entries(after.threadSeconds).map(([name, seconds]) => [
      name,
      seconds - (before.threadSeconds[name] ?? 0),
    ]),
  ),
  writtenBytes: after.writtenBytes - before.writtenBytes,
  diskBytes: after.diskBytes - before.diskBytes,
});
