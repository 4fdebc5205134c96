import { Buffer } from "node:buffer";
import { FLAG, KIND, MAX_DATAGRAM_BYTES } from "../../../protocol/constants.ts";
import { descriptions, forge, ranges, readings } from "./forge.ts";

/** What the blows know of the fleet they try to hurt, and where their chance comes from. */
export interface BlowContext {
  random(): number;
  goodIds: readonly string[];
  goodEpoch: number;
}

/** The next datagram of its kind. */
export type Blow = () => Buffer;

const GREATEST = 2n ** 53n - 2n;
const TOO_GREAT = 2n ** 53n - 1n;
/** devices of the attacker's own that come again and again */
const REPEATED = 50;
/** of the forged ids one in so many sends a second number and is confirmed by it */
const CONFIRMED_EVERY = 10;

/** what one device of the attacker's sends again and again */
const JUMPS = [0n, TOO_GREAT, GREATEST, 0n, 2n ** 40n, 2n ** 40n + 1n, 0n, 1n];

const sample = () => ({ body: readings(1), entries: 1 });

/** Every kind of hostile datagram but the flood of ids, by name; each goes on from the datagram it made last. */
export const createBlows = (context: BlowContext): Record<string, Blow> => {
  const { random } = context;
  const below = (bound: number): number => Math.floor(random() * bound);
  const own = (): string => `own-${below(REPEATED)}`;
  const good = (): string => oneOf(...context.goodIds);
  const oneOf = <T>(...choices: readonly T[]): T => choices[below(choices.length)]!;
  const noise = Buffer.from(Array.from({ length: 2 * MAX_DATAGRAM_BYTES }, () => below(256)));
  const bytes = (length: number): Buffer => {
    const at = below(noise.length - length);
    return noise.subarray(at, at + length);
  };
  const sound = (): Buffer =>
    forge({
      device: own(),
      flags: oneOf(0, FLAG.CRC),
      epoch: 1,
      sequence: BigInt(below(1000)),
      ...sample(),
    });
  const times = [1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 946_684_799_999_999n, 4_102_444_800_000_000n];
  let gapSequence = 0n;
  let channel = 0;
  let epoch = 0;
  let jump = 0;

  return {
    random: () => bytes(1 + below(1400)),
    magic: () => Buffer.concat([Buffer.from("LC\x01"), bytes(1 + below(200))]),
    empty: () => Buffer.alloc(0),
    truncated: () => {
      const whole = sound();
      return whole.subarray(0, below(whole.length));
    },
    flipped: () => {
      const damaged = sound();
      // the id stays: a flipped bit of it would only be one more new device
      const at = oneOf(below(28), damaged.length - 1 - below(12));
      damaged[at] = damaged[at]! ^ (1 << below(8));
      return damaged;
    },
    unknown: () =>
      forge({
        device: own(),
        ...oneOf(
          { version: below(256) },
          { kind: below(256) },
          { flags: below(256) },
          { count: below(65_536) },
        ),
        ...oneOf(sample(), { body: readings(3, 0, below(256)), entries: 3 }),
      }),
    jumps: () => {
      // up to the end of the numbers and back to 0, also confirmed by the next number
      const sequence = JUMPS[jump % JUMPS.length]!;
      const device = `own-jumps-${Math.floor(jump++ / JUMPS.length) % REPEATED}`;
      return forge({ device, sequence, ...sample() });
    },
    times: () =>
      forge({
        device: own(),
        flags: oneOf(0, FLAG.RELATIVE_TIME, FLAG.OFFSETS_MS),
        sequence: BigInt(below(10_000)),
        sendTimeUs: oneOf(...times),
        ...sample(),
      }),
    gaps: () => {
      gapSequence += 2n;
      return forge({ device: "own-gaps", sequence: gapSequence, ...sample() });
    },
    widening: () => {
      // each within what is plausible: a million absent numbers at once
      gapSequence += 2n ** 20n;
      return forge({ device: "own-wide", sequence: gapSequence, ...sample() });
    },
    control: () => {
      const next = oneOf(0n, 1n, BigInt(below(2 ** 20)), GREATEST, TOO_GREAT, 2n ** 63n);
      const sleep = Buffer.alloc(4);
      sleep.writeUInt32BE(oneOf(0, 1, 0xffff_fffe, 0xffff_ffff));
      const said = oneOf({}, { body: sleep, entries: 1 });
      return forge({ device: own(), kind: KIND.HEARTBEAT, epoch: epoch++, sequence: next, ...said });
    },
    requests: () =>
      forge({
        device: oneOf(own(), good()),
        kind: oneOf(KIND.NACK, KIND.GONE),
        ...{ epoch: oneOf(1, context.goodEpoch), sequence: 0n },
        ...oneOf(
          { body: ranges([0n, GREATEST]), entries: 1 },
          { body: ranges([5n, 4n], [0n, 2n ** 64n - 1n]), entries: 2 },
        ),
      }),
    /** for a device of the fleet, in its epoch: numbers and ends that nothing confirms */
    forgedNumbers: () => {
      const sequence = oneOf(TOO_GREAT, GREATEST, 2n ** 45n + 2n * BigInt(below(2 ** 30)));
      const kind = oneOf(KIND.DATA, KIND.HEARTBEAT);
      const said = kind === KIND.DATA ? sample() : {};
      return forge({ device: good(), kind, epoch: context.goodEpoch, sequence, ...said });
    },
    /** for a device of the fleet, in epochs it never had */
    forgedEpochs: () =>
      forge({
        device: good(),
        epoch: oneOf(0, 0xffff_ffff, context.goodEpoch - 1, context.goodEpoch + 1 + below(1000)),
        sequence: oneOf(0n, 1n, 2n, BigInt(below(10_000)), GREATEST - 1n, GREATEST),
        ...sample(),
      }),
    json: () => Buffer.from(oneOf(...jsonTexts(own(), below(1000)))),
    large: oneOfBlows(below, [
      // what takes the collector long, or much of a receive buffer: sent rarely
      () => bytes(MAX_DATAGRAM_BYTES),
      () => forge({ device: own(), sequence: BigInt(below(1000)), body: readings(5450), entries: 5450 }),
      () => {
        channel += 1100;
        return forge({
          device: own(),
          sequence: BigInt(channel),
          body: readings(1100, channel),
          entries: 1100,
        });
      },
      () => {
        channel += 1100;
        const described = { body: descriptions(1100, channel, `n${below(1000)}-`), entries: 1100 };
        return forge({ device: own(), kind: KIND.DESCRIBE, epoch: below(100), ...described });
      },
      () => Buffer.from(`{"device":"${own()}","seq":1,"values":{${manyNames(below(1000), 2500)}}}`),
      () => Buffer.from("[".repeat(65_000)),
      () => Buffer.from(`{"device":"${own()}","seq":1,"values":${'{"a":'.repeat(12_000)}`),
      () => Buffer.from(`{"device":"${own()}","seq":1,"values":{"a":${"9".repeat(60_000)}}}`),
      () => Buffer.from(`{"device":"${"x".repeat(65_000)}","seq":1,"values":{"a":1}}`),
    ]),
  };
};

const oneOfBlows =
  (below: (bound: number) => number, blows: readonly Blow[]): Blow =>
  () =>
    blows[below(blows.length)]!();

const manyNames = (seed: number, count: number): string =>
  Array.from({ length: count }, (_, index) => `"${seed}-${index}":${index}`).join(",");

const jsonTexts = (device: string, number: number): string[] => [
  "{",
  "{}",
  "null",
  "[]",
  '{"device":',
  `{"device":"${device}"}`,
  `{"device":"${device}","seq":${number},"values":{"__proto__":1,"constructor":2}}`,
  `{"__proto__":{"device":"${device}"},"seq":1}`,
  `{"device":"${device}","seq":-1,"values":{}}`,
  `{"device":"${device}","seq":9007199254740991,"values":{}}`,
  `{"device":"${device}","seq":1e300,"values":{"a":1}}`,
  `{"device":"${device}","epoch":${number},"next":9007199254740991,"end":true}`,
  `{"device":"${device}","seq":${number},"time":"9999-12-31T23:59:59Z","values":{"a":1e999}}`,
  `{"device":"${device}","values":{"channel-${number}":${number}}}`,
  `{"device":"${device}","seq":${number},"values":{"a":{"b":[1,2,{"c":null}]}}}`,
  `{"device":"${device}\\u0000","seq":1,"values":{"a":1}}`,
  `{"device":"${device}","seq":1,"values":{"a":1}}garbage`,
  `{"device":"${device}","units":{"a\\ud800":"Cel"},"values":{}}`,
];

/** One datagram each of ever new devices; one in ten says a second number, which confirms it. */
export const createIdFlood = (): { next: Blow; distinct(): number } => {
  let ids = 0;
  let isSecond = false;
  return {
    next: () => {
      if (!isSecond) ids++;
      const datagram = forge({ device: `forged-${ids}`, sequence: isSecond ? 1n : 0n, ...sample() });
      isSecond = !isSecond && ids % CONFIRMED_EVERY === 0;
      return datagram;
    },
    distinct: () => ids,
  };
};
