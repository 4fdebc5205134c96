import type { AuditProgress } from "../../simulator/audit/audit.ts";
import { count, LiveLine, plural } from "../terminal/terminal.ts";

/** How far an audit is, on a terminal; cleared when it is over or its progress is not wanted any more. */
export const withAuditProgress = async <T>(audit: (onProgress: AuditProgress) => Promise<T>): Promise<T> => {
  const line = new LiveLine(process.stderr);
  let isOver = false;
  try {
    return await audit((audited, devices) => {
      if (!isOver) line.show(`audited ${count(audited)} of ${plural(devices, "device")}`);
    });
  } finally {
    isOver = true;
    line.clear();
  }
};
