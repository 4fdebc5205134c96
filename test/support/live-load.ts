import { get } from "node:http";

/** What one client of many has seen. */
export interface LoadSeen {
  events: number;
  /** events whose number is not the one after the last of its device */
  outOfOrder: number;
  late: number;
  skipped: number;
  /** events that took more than a second */
  tooSlow: number;
  /** longest time from the reading's own time to here, milliseconds */
  slowestMs: number;
  next: Map<string, number>;
}

const DEVICE = /"device":"([^"]+)"/;
const SEQ = /"seq":(\d+)/;
const TIME = /"time":"([^"]{23})/;

/** A client that checks order and delay of what it is told and keeps nothing of it; `isStalled`: it never reads. */
export const openLoadClient = (
  url: string,
  isStalled: boolean,
): Promise<{ seen: LoadSeen; close(): void }> => {
  const seen: LoadSeen = {
    events: 0,
    outOfOrder: 0,
    late: 0,
    skipped: 0,
    tooSlow: 0,
    slowestMs: 0,
    next: new Map(),
  };
  let rest = "";
  const look = (block: string): void => {
    if (block.includes("event: skipped")) seen.skipped++;
    else if (block.includes("event: late")) seen.late++;
    else if (block.includes("event: reading")) lookAtReading(block);
  };
  const lookAtReading = (block: string): void => {
    seen.events++;
    const device = DEVICE.exec(block)![1]!;
    const seq = Number(SEQ.exec(block)![1]);
    const next = seen.next.get(device);
    if (next !== undefined && next !== seq) seen.outOfOrder++;
    seen.next.set(device, seq + 1);
    const tookMs = Date.now() - Date.parse(`${TIME.exec(block)![1]}Z`);
    if (tookMs > 1000) seen.tooSlow++;
    seen.slowestMs = Math.max(seen.slowestMs, tookMs);
  };
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      response.setEncoding("utf8");
      response.on("error", () => {});
      if (!isStalled) {
        response.on("data", (text: string) => {
          const blocks = (rest + text).split("\n\n");
          rest = blocks.pop()!;
          blocks.forEach(look);
        });
      }
      resolve({ seen, close: () => response.destroy() });
    }).on("error", reject);
  });
};
