import { KIND } from "../../../protocol/constants.ts";
import { seededDoubles } from "../../../test/support/series.ts";
import { runBenchmark } from "../../support/command.ts";
import { datagramBytesOf, type LoadShape, Patcher, TokenBucket, writeDatagrams } from "./load.ts";
import { type DatagramRing, openSender, type Sender } from "./native-sender.ts";

/**
 * The load generator, a process of its own: `node bench/ingest/support/generator.ts '{"port":4747,"devices":1000,…}'`. Each device first says
 * HEARTBEAT 0 twice, so that nothing of it can be lost unnoticed, then the devices send in turn, at last each says twice HEARTBEAT with its last number + 1.
 * Prints what it did as one line of JSON.
 */
export interface GeneratorOptions extends LoadShape {
  /** on 127.0.0.1 */
  port: number;
  rateHz: number;
  /** datagrams of each device */
  rounds: number;
  /** datagrams the kernel cuts out of one message (UDP_SEGMENT); 1 = offload off */
  segments: number;
  /** send times are this far apart, with 0 to 9 ms of jitter, from some time ago on; null = the real time */
  spacingUs: number | null;
  /** the last HEARTBEATs come once more so long after the others: what is behind may have had no room for those */
  patienceMs?: number;
}

export interface GeneratorResult {
  /** DATA datagrams */
  sent: number;
  /** HEARTBEATs beside them */
  control: number;
  datagramBytes: number;
  seconds: number;
  achievedHz: number;
  cpuSeconds: number;
}

/** what the bucket may let through at once after a delay */
const CATCH_UP_SECONDS = 0.004;
const NAP_MS = 0.2;
/** HEARTBEATs are for the books, not part of the load */
const CONTROL_HZ = 50_000;
const BEATS = 2;
/** what the receiver gets to notice between the parts */
const PAUSE_MS = 300;
/** messages that are filled before they are sent: few, so that they are still in the cache */
const MESSAGES_AT_ONCE = 8;

const NAP_CELL = new Int32Array(new SharedArrayBuffer(4));
const nap = (ms: number): void => void Atomics.wait(NAP_CELL, 0, 0, ms);

/** Send every datagram of the ring `rounds` times, at that rate; `fill` is called for each before it goes. */
const pour = (
  sender: Sender,
  ring: DatagramRing,
  rateHz: number,
  rounds: number,
  fill: (device: number, round: number) => void,
): void => {
  sender.use(ring);
  const messages = Math.ceil(ring.count / ring.perMessage);
  const depth = Math.max(rateHz * CATCH_UP_SECONDS, 2 * ring.perMessage);
  const bucket = new TokenBucket(rateHz, depth, performance.now());
  for (let round = 0; round < rounds; round++) {
    for (let message = 0; message < messages; ) {
      let affordable = Math.floor(bucket.available(performance.now()) / ring.perMessage);
      for (; affordable === 0; affordable = Math.floor(bucket.available(performance.now()) / ring.perMessage))
        nap(NAP_MS);
      const count = Math.min(affordable, messages - message, MESSAGES_AT_ONCE);
      const first = message * ring.perMessage;
      const end = Math.min(first + count * ring.perMessage, ring.count);
      for (let device = first; device < end; device++) fill(device, round);
      sender.send(ring, message, count);
      bucket.take(end - first);
      message += count;
    }
  }
};

/** Microseconds of a datagram's send time. */
const sendTimes = ({ spacingUs, rounds }: GeneratorOptions): ((round: number) => number) => {
  const nowUs = (): number => Math.floor((performance.timeOrigin + performance.now()) * 1000);
  if (spacingUs === null) return nowUs;
  const random = seededDoubles(2);
  const startUs = Math.floor(nowUs() / 1000) * 1000 - rounds * spacingUs;
  return (round) => startUs + round * spacingUs + Math.floor(random() * 10) * 1000;
};

const generate = async (options: GeneratorOptions): Promise<GeneratorResult> => {
  const { devices, rounds, rateHz } = options;
  const sender = await openSender(options.port);
  const ringOf = (kind: number, perMessage: number): { ring: DatagramRing; patcher: Patcher } => {
    const datagramBytes = datagramBytesOf(kind, options);
    const ring = sender.createRing(datagramBytes, devices, perMessage);
    writeDatagrams(kind, options, ring.bytes, ring.view);
    return { ring, patcher: new Patcher(ring.view, datagramBytes, options) };
  };
  const timeOf = sendTimes(options);
  const data = ringOf(KIND.DATA, options.segments);
  const heartbeats = ringOf(KIND.HEARTBEAT, 1);
  /** several times, since one of them may be lost as well as anything */
  const beat = (next: number, atRound: number, times = BEATS): void => {
    for (let time = 0; time < times; time++) {
      pour(sender, heartbeats.ring, CONTROL_HZ, 1, (device) =>
        heartbeats.patcher.header(device, next, timeOf(atRound)),
      );
      nap(PAUSE_MS);
    }
  };

  beat(0, 0);
  const [startMs, cpuBefore] = [performance.now(), process.cpuUsage()];
  pour(sender, data.ring, rateHz, rounds, (device, round) => {
    data.patcher.header(device, round, timeOf(round));
    data.patcher.values(device);
  });
  const seconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  nap(PAUSE_MS);
  beat(rounds, rounds);
  const isPatient = options.patienceMs !== undefined;
  if (isPatient) {
    nap(options.patienceMs!);
    beat(rounds, rounds, 1);
  }
  sender.close();
  const sent = devices * rounds;
  return {
    sent,
    control: (2 * BEATS + (isPatient ? 1 : 0)) * devices,
    datagramBytes: data.ring.datagramBytes,
    seconds,
    achievedHz: sent / seconds,
    cpuSeconds: (user + system) / 1e6,
  };
};

await runBenchmark(async () => {
  console.log(JSON.stringify(await generate(JSON.parse(process.argv[2] ?? "{}") as GeneratorOptions)));
});
