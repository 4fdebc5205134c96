import { createSocket } from "node:dgram";
import { setTimeout as sleep } from "node:timers/promises";
import { Pacer } from "../../../simulator/network/pace.ts";
import { seededRandom } from "../seeded-random.ts";
import { type Blow, createBlows, createIdFlood } from "./blows.ts";
import type { AttackPlan, AttackReport } from "./plan.ts";

/**
 * A process that sends hostile datagrams at a steady rate: `node attacker.ts PLAN`, the plan as JSON; the report as JSON on standard output.
 * Seeded: the same plan sends the same bytes in the same order.
 */

/** most datagrams handed to the system and not yet taken */
const MOST_UNDER_WAY = 64;
const SOCKETS_PER_PORT = 2;
/** a large datagram takes the room of some forty small ones in a receive buffer */
const LARGE_SHARE = 0.01;

const plan = JSON.parse(process.argv[2]!) as AttackPlan;
const random = seededRandom(plan.seed);
const { large, ...others } = createBlows({ random, ...plan });
const blows = Object.entries(others);
const flood = createIdFlood();
const sent = plan.ports.map(() => 0);
const byKind: Record<string, number> = {};
let underWay = 0;
let failure: Error | null = null;

const choose = (idsLeft: number, left: number): [string, Blow] => {
  if (random() * left < idsLeft) return ["ids", flood.next];
  if (random() < LARGE_SHARE) return ["large", large!];
  return blows[Math.floor(random() * blows.length)]!;
};

const sockets = Array.from({ length: plan.ports.length * SOCKETS_PER_PORT }, () =>
  createSocket({ type: "udp4", lookup: (host, _options, found) => found(null, host, 4) }),
);
await Promise.all(
  sockets.map((socket) => new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve))),
);

const startedMs = performance.now();
const pacer = new Pacer(plan.rateHz, startedMs);
const total = Math.round(plan.rateHz * plan.seconds);
const wantedIdDatagrams = Math.round(total * plan.idShare);
let idDatagrams = 0;
for (let number = 0; number < total && failure === null; number++) {
  const dueUs = (number / plan.rateHz) * 1e6;
  for (let waitMs = 1; waitMs > 0; ) {
    waitMs = underWay >= MOST_UNDER_WAY ? 1 : pacer.waitMs(dueUs, performance.now());
    if (waitMs > 0) await sleep(Math.min(waitMs, 20));
  }
  const [kind, blow] = choose(wantedIdDatagrams - idDatagrams, total - number);
  if (kind === "ids") idDatagrams++;
  const at = number % sockets.length;
  const target = at % plan.ports.length;
  underWay++;
  byKind[kind] = (byKind[kind] ?? 0) + 1;
  sockets[at]!.send(blow(), plan.ports[target]!, "127.0.0.1", (error) => {
    underWay--;
    if (error === null) sent[target] = sent[target]! + 1;
    else failure = error;
  });
}
while (underWay > 0) await sleep(1);
for (const socket of sockets) socket.close();
if (failure !== null) throw failure;
const elapsedMs = performance.now() - startedMs;
const report: AttackReport = { sent, byKind, distinctIds: flood.distinct(), elapsedMs };
process.stdout.write(JSON.stringify(report));
