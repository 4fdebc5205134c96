import {
  accepting,
  choiceOption,
  durationOption,
  integerOption,
  listOption,
  optional,
  plainTextOption,
  textOption,
} from "../../common/options.ts";
import { MAX_EPOCH, MAX_SEQUENCE } from "../../protocol/constants.ts";
import { parseTime } from "../../protocol/time.ts";
import { SIGNAL_NAMES, type SignalName } from "../fleet/signals.ts";
import { booleanOption, numberOption, ratioOption } from "./option-kinds.ts";
import { parseTarget } from "./target.ts";

/** How the epoch of a restarted device relates to the one before. `same` reuses numbers (R5, docs/ledger.md). */
const EPOCH_ORDERS = ["grow", "shrink", "same"] as const;

/** two numbers of a device stay 10 us apart, so that a time in whole microseconds tells which number it belongs to */
export const GREATEST_DEVICE_HZ = 100_000;
/** 2200-01-01: microseconds are exact until 2255, and a fleet may send for long */
const LATEST_BASE_US = 7_258_118_400_000_000;
const BASE_TIMES = "an RFC 3339 date-time from 1970 to 2199";
const isSignal = (name: string): name is SignalName => SIGNAL_NAMES.some((known) => known === name);

const parseTargetOption = (text: string): { value: string } | { mistake: string } => {
  const { mistakes } = parseTarget(text);
  return mistakes.length === 0 ? { value: text } : { mistake: mistakes.join("; ") };
};

/**
 * Every option of `lacuna simulate`: the one place that knows type, default, range and meaning. Properties carry their unit; `key` is
 * the name outside.
 */
export const SIMULATOR_OPTIONS = {
  target: textOption({
    key: "target",
    doc: "where the datagrams go: udp://HOST:PORT?interface=&source=&ttl=&loop=; unicast, broadcast or multicast",
    default: "udp://127.0.0.1:4747",
    placeholder: "url",
    accepted: "udp://HOST:PORT with options after ?",
    parse: parseTargetOption,
  }),
  targetB: optional(
    textOption({
      key: "targetB",
      doc: "a second target: every datagram goes to both, the impairments of the two paths are independent",
      default: "udp://127.0.0.1:4748",
      placeholder: "url",
      accepted: "udp://HOST:PORT with options after ?",
      parse: parseTargetOption,
    }),
  ),
  devices: integerOption({
    key: "devices",
    doc: "how many devices send, evenly spread in time",
    default: 10,
    min: 1,
    max: 1_000_000,
  }),
  idPrefix: plainTextOption({
    key: "idPrefix",
    doc: "device ids are this word, a hyphen and a number",
    default: "sim",
    placeholder: "text",
    accepted: "a text",
  }),
  rateHz: numberOption({
    key: "rate",
    doc: "datagrams per second of each device",
    default: 1,
    min: 0.0001,
    max: GREATEST_DEVICE_HZ,
  }),
  totalRateHz: optional(
    numberOption({
      key: "totalRate",
      doc: "datagrams per second of the whole fleet, instead of --rate",
      default: 1,
      min: 0.0001,
      max: 10_000_000,
    }),
  ),
  durationMs: optional(
    durationOption({
      key: "duration",
      doc: "how long to send; until stopped when neither this nor --count is given",
      default: "10s",
      min: "1ms",
      max: "5200w",
    }),
  ),
  count: optional(
    integerOption({
      key: "count",
      doc: "DATA datagrams of each device (all its epochs together)",
      default: 1,
      min: 1,
      max: MAX_SEQUENCE,
    }),
  ),
  seed: integerOption({
    key: "seed",
    doc: "same seed and options: same values and impairments; with --epoch and --base-time the same bytes",
    default: 1,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
  }),
  format: choiceOption({
    key: "format",
    doc: "wire format",
    default: "native",
    choices: ["native", "json"],
  }),
  jsonEpoch: booleanOption({ key: "jsonEpoch", doc: "JSON datagrams state their epoch", default: true }),
  jsonTime: booleanOption({ key: "jsonTime", doc: "JSON datagrams state their send time", default: true }),
  channels: integerOption({
    key: "channels",
    doc: "readings in each datagram, the signals in turn",
    default: 3,
    min: 1,
    max: 1024,
  }),
  signals: listOption<readonly SignalName[]>({
    key: "signals",
    doc: "what the channels measure, in turn",
    default: SIGNAL_NAMES,
    placeholder: "word",
    accepted: `any of ${SIGNAL_NAMES.join(", ")}`,
    choices: SIGNAL_NAMES,
    parse: (names) =>
      names.every(isSignal) ? { value: names } : accepting(`any of ${SIGNAL_NAMES.join(", ")}`),
  }),
  loss: ratioOption({ key: "loss", doc: "random loss: probability of each copy", default: 0 }),
  burstEnter: ratioOption({
    key: "burstEnter",
    doc: "burst loss (Gilbert-Elliott): probability per datagram that a device's path turns bad",
    default: 0,
  }),
  burstLeave: ratioOption({
    key: "burstLeave",
    doc: "probability per datagram that a bad path turns good: bursts last 1 / this on average",
    default: 0.25,
  }),
  burstLoss: ratioOption({ key: "burstLoss", doc: "loss while the path is bad", default: 1 }),
  duplicate: ratioOption({
    key: "duplicate",
    doc: "probability that a datagram is sent in copies",
    default: 0,
  }),
  duplicateCopies: integerOption({
    key: "duplicateCopies",
    doc: "extra copies of a duplicated datagram, at random from 1 to this",
    default: 1,
    min: 1,
    max: 7,
  }),
  reorder: ratioOption({
    key: "reorder",
    doc: "probability that a copy is overtaken by later datagrams of its device",
    default: 0,
  }),
  reorderCount: integerOption({
    key: "reorderCount",
    doc: "the most later datagrams that overtake such a copy",
    default: 4,
    min: 1,
    max: 64,
  }),
  reorderMs: durationOption({
    key: "reorderTime",
    doc: "longest time such a copy is held back (beyond the collector's reorder window it is late instead of reordered)",
    default: "200ms",
    min: "0ms",
    max: "1m",
  }),
  corrupt: ratioOption({
    key: "corrupt",
    doc: "probability that a copy is damaged, always in a way that can be detected",
    default: 0,
  }),
  delayMs: durationOption({
    key: "delay",
    doc: "delay of every datagram",
    default: "0ms",
    min: "0ms",
    max: "1m",
  }),
  jitterMs: durationOption({
    key: "jitter",
    doc: "additional random delay, evenly between 0 and this",
    default: "0ms",
    min: "0ms",
    max: "1m",
  }),
  restartsPerMinute: numberOption({
    key: "restarts",
    doc: "restarts per minute of each device on average, without announcing the end; at least 2 s apart, after the first five at least 8 s",
    default: 0,
    min: 0,
    max: 600,
  }),
  restartFlood: booleanOption({
    key: "restartFlood",
    doc: "restarts keep no distance: more of them than a collector accepts (16 new epochs a minute, 8 open)",
    default: false,
  }),
  epochOrder: choiceOption({
    key: "epochOrder",
    doc: "epoch of a restarted device: greater, smaller, or the same again: numbers are reused, once nothing of the former start is under way",
    default: "grow",
    choices: EPOCH_ORDERS,
  }),
  skewMs: durationOption({
    key: "skew",
    doc: "each device's clock is off by a constant between minus and plus this",
    default: "0ms",
    min: "0ms",
    max: "12h",
  }),
  describe: booleanOption({
    key: "describe",
    doc: "devices name their channels: at each start, then every --describe-interval",
    default: true,
  }),
  describeMs: durationOption({
    key: "describeInterval",
    doc: "how often devices name their channels: with the first datagram after this time",
    default: "30s",
    min: "1ms",
    max: "5200w",
  }),
  heartbeatMs: optional(
    durationOption({
      key: "heartbeat",
      doc: "heartbeats between datagrams, with the first one after this time (a DESCRIBE says as much)",
      default: "30s",
      min: "1ms",
      max: "5200w",
    }),
  ),
  endHeartbeats: integerOption({
    key: "endHeartbeats",
    doc: "heartbeats of each device at the end, so that the loss of its last datagrams is seen",
    default: 3,
    min: 0,
    max: 20,
  }),
  impairControl: booleanOption({
    key: "impairControl",
    doc: "impair DESCRIBE and HEARTBEAT too; the audit then does not ask that the last numbers are known",
    default: false,
  }),
  ringNumbers: integerOption({
    key: "ring",
    doc: "how many of its newest numbers each device keeps, to send them again when a collector asks (NACK); 0 = devices do not listen",
    default: 10_000,
    min: 0,
    max: MAX_SEQUENCE,
  }),
  repeatRateHz: numberOption({
    key: "repeatRate",
    doc: "datagrams per second with which each device answers requests (NACK), at most",
    default: 1000,
    min: 1,
    max: GREATEST_DEVICE_HZ,
  }),
  lingerMs: durationOption({
    key: "linger",
    doc: "at the end devices answer until nobody has asked for this time, or for half of it when nobody ever did",
    default: "3s",
    min: "0ms",
    max: "1h",
  }),
  epoch: optional(
    integerOption({
      key: "epoch",
      doc: "epoch of the first start of each device; Unix seconds of the start when not given",
      default: 1,
      min: 0,
      max: MAX_EPOCH,
    }),
  ),
  baseTimeUs: optional(
    textOption({
      key: "baseTime",
      doc: "send time of the first datagram, RFC 3339; the time of the start when not given",
      default: "2026-01-01T00:00:00Z",
      placeholder: "time",
      accepted: BASE_TIMES,
      parse: (text) => {
        const value = parseTime(text);
        return value >= 0 && value < LATEST_BASE_US ? { value } : accepting(BASE_TIMES);
      },
    }),
  ),
  sockets: integerOption({
    key: "sockets",
    doc: "sockets to send from; a device keeps to one",
    default: 4,
    min: 1,
    max: 64,
  }),
  truthPath: optional(
    plainTextOption({
      key: "truth",
      doc: "truth file to write at the end, for lacuna audit",
      default: "truth.jsonl",
      placeholder: "file",
      accepted: "a path",
    }),
  ),
};
