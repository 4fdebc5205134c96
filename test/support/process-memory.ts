import { readFileSync } from "node:fs";

export interface ProcessMemory {
  /** resident now, bytes */
  residentBytes: number;
  /** the most that ever was resident, bytes */
  peakBytes: number;
}

/** What Linux says about the memory of a process. */
export const processMemory = (pid: number): ProcessMemory => {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const bytesOf = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) * 1024;
  return { residentBytes: bytesOf("VmRSS"), peakBytes: bytesOf("VmHWM") };
};
