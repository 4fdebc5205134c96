import type { Status } from "../data/status-types.ts";
import { bytes, plural } from "../format/numbers.ts";

/** What the collector's own figures say that somebody should do, most urgent first. */
export const adviceOf = ({ listeners, queues, database }: Status): string[] => {
  const advice: string[] = [];
  if (database.state !== "OK") {
    advice.push(
      `The database is ${database.state}: ${database.reason ?? "its last commit failed"}. What arrives waits in memory, then is shed.`,
    );
  }
  for (const { url, state, reason } of listeners) {
    if (state === "UNAVAILABLE" || state === "FAILED")
      advice.push(`${url} is ${state}: ${reason ?? "no reason known"}.`);
  }
  for (const { url, kernelDrops, receiveBuffer } of listeners) {
    if (kernelDrops === null || kernelDrops === 0) continue;
    const { grantedBytes } = receiveBuffer;
    const size = grantedBytes === null ? "" : ` of ${bytes(grantedBytes)}`;
    advice.push(
      `The kernel dropped ${plural(kernelDrops, "datagram")} at ${url}: its receive buffer${size} was full.`,
    );
  }
  for (const { url, receiveBuffer } of listeners) {
    const { requestedBytes, grantedBytes } = receiveBuffer;
    if (requestedBytes === null || grantedBytes === null || grantedBytes >= requestedBytes) continue;
    advice.push(
      `${url} asked for a receive buffer of ${bytes(requestedBytes)} and got ${bytes(grantedBytes)}. As root: sysctl -w net.core.rmem_max=${requestedBytes}`,
    );
  }
  for (const { name, refused } of queues) {
    if (refused > 0) advice.push(`The queue “${name}” was full and refused ${plural(refused, "datagram")}.`);
  }
  return advice;
};
