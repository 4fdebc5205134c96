import { writeFileSync } from "node:fs";
import type { Netns } from "./netns.ts";

/** What of the datagrams a rule is for. `data`: of the native format, by the fourth byte of the payload. */
export type Hit = "data" | "any";

export interface KernelLoss {
  /** datagrams the kernel has dropped */
  dropped(): number;
}

/**
 * Have the kernel drop a share of what reaches a port inside a namespace, and count it.
 * @param side - `dport`: what is sent to the port; `sport`: what comes from it
 * @param thousandths - of 1000
 * @param file - where the rules are written to
 */
export const loseInKernel = (
  at: Netns,
  side: "dport" | "sport",
  port: number,
  hit: Hit,
  thousandths: number,
  file: string,
): KernelLoss => {
  const table = `loss_${side}_${port}`;
  // after 8 bytes of UDP header and 3 of payload: KIND.DATA
  const kind = hit === "data" ? "@th,88,8 1 " : "";
  writeFileSync(
    file,
    `table inet ${table} {
  counter dropped { }
  chain in {
    type filter hook input priority 0;
    udp ${side} ${port} ${kind}numgen random mod 1000 < ${thousandths} counter name "dropped" drop
  }
}
`,
  );
  at.run("nft", ["-f", file]);
  return {
    dropped() {
      const listed = JSON.parse(at.run("nft", ["-j", "list", "counter", "inet", table, "dropped"])) as {
        nftables: { counter?: { packets: number } }[];
      };
      return listed.nftables.find(({ counter }) => counter !== undefined)!.counter!.packets;
    },
  };
};
