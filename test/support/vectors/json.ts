import { Buffer } from "node:buffer";
import type { PlainDatagram, PlainReading } from "../plain-datagram.ts";
import { type Expectation, HEADER, SENT_US, type Vector } from "./vector.ts";

const json = (name: string, about: string, text: string, result: Omit<Expectation, "about">): Vector => ({
  name: `json-${name}`,
  about,
  bytes: Buffer.from(text),
  ...result,
});

const JSON_HEADER: PlainDatagram = { ...HEADER, epoch: null, sequence: null, sendTimeUs: 0 };
const jsonReading = (name: string, value: number | string, type = "float64"): PlainReading => ({
  name,
  type,
  offsetUs: 0,
  value,
});

const GOOD: Vector[] = [
  json(
    "data",
    "DATA with everything in its header",
    '{"device":"pump-7","epoch":3,"seq":42,"time":"2026-11-20T12:00:00.123456Z","values":{"temperature":21.5}}',
    { datagram: { ...HEADER, readings: [jsonReading("temperature", 21.5)] } },
  ),
  json("unsequenced", "no number, and a line feed after it", '{"device":"pump-7","values":{"t":1}}\n', {
    datagram: { ...JSON_HEADER, readings: [jsonReading("t", 1)] },
  }),
  json(
    "values",
    "booleans, negative zero and what JSON has no numbers for",
    '{"device":"pump-7","seq":0,"values":{"on":true,"off":false,"z":-0.0,"n":"NaN","i":"Infinity","m":"-Infinity","__proto__":7}}',
    {
      datagram: {
        ...JSON_HEADER,
        sequence: 0,
        readings: [
          jsonReading("on", 1, "bool"),
          jsonReading("off", 0, "bool"),
          jsonReading("z", -0),
          jsonReading("n", "NaN"),
          jsonReading("i", "Infinity"),
          jsonReading("m", "-Infinity"),
          jsonReading("__proto__", 7),
        ],
      },
    },
  ),
  json(
    "samples",
    "several samples in one datagram; one without a time has the send time",
    `{"device":"pump-7","epoch":3,"seq":42,"time_us":${SENT_US},"samples":[{"time_us":${SENT_US - 1},"values":{"t":1}},{"time":"2026-11-20T13:00:00+01:00","values":{"t":2}},{"values":{"t":3}}]}`,
    {
      datagram: {
        ...HEADER,
        readings: [
          { name: "t", type: "float64", timeUs: SENT_US - 1, value: 1 },
          { name: "t", type: "float64", timeUs: 1_795_176_000_000_000, value: 2 },
          { name: "t", type: "float64", timeUs: 0, value: 3 },
        ],
      },
    },
  ),
  json(
    "milliseconds",
    "send time as whole milliseconds, null means absent",
    '{"device":"pump-7","epoch":null,"seq":1,"time":null,"time_ms":1795176000123,"values":{}}',
    { datagram: { ...JSON_HEADER, sequence: 1, sendTimeUs: 1_795_176_000_123_000 } },
  ),
  json("heartbeat", "HEARTBEAT", '{"device":"pump-7","epoch":3,"next":43}', {
    datagram: { ...JSON_HEADER, kind: "HEARTBEAT", epoch: 3, sequence: 43 },
  }),
  json("heartbeat-sleep", "HEARTBEAT, asleep", '{"device":"pump-7","epoch":3,"next":43,"sleep":3600}', {
    datagram: { ...JSON_HEADER, kind: "HEARTBEAT", epoch: 3, sequence: 43, sleepSeconds: 3600 },
  }),
  json("heartbeat-end", "HEARTBEAT, the last", '{"device":"pump-7","epoch":3,"next":43,"end":true}', {
    datagram: { ...JSON_HEADER, kind: "HEARTBEAT", epoch: 3, sequence: 43, end: true },
  }),
  json(
    "units",
    "units beside values",
    '{"device":"pump-7","seq":1,"values":{"temperature":21.5},"units":{"temperature":"Cel"}}',
    {
      datagram: {
        ...JSON_HEADER,
        sequence: 1,
        readings: [jsonReading("temperature", 21.5)],
        descriptions: [{ channel: null, name: "temperature", unit: "Cel" }],
      },
    },
  ),
  json(
    "units-only",
    "units alone describe and assert nothing",
    '{"device":"pump-7","units":{"temperature":"Cel"}}',
    {
      datagram: {
        ...JSON_HEADER,
        kind: "DESCRIBE",
        descriptions: [{ channel: null, name: "temperature", unit: "Cel" }],
      },
    },
  ),
];

const refusedJson = (name: string, about: string, reason: string, values: string): Vector =>
  json(`refused-${name}`, about, `{"device":"pump-7","seq":1,"values":{"kept":1,${values}}}`, {
    datagram: {
      ...JSON_HEADER,
      sequence: 1,
      readings: [jsonReading("kept", 1)],
      refused: { [reason]: 1 },
    },
  });

/** An object of `count` short distinct names, none of which is an array index. */
const manyValues = (count: number): string =>
  `{${Array.from({ length: count }, (_, index) => `"${shortName(index)}":1`).join(",")}}`;

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.:/+*=!?#$%&()[]{}";
const shortName = (index: number): string =>
  LETTERS[Math.floor(index / LETTERS.length)]! + LETTERS[index % LETTERS.length]!;

const REFUSED: Vector[] = [
  refusedJson("bad-value", "a string that is no number", "bad-value", '"mode":"auto"'),
  refusedJson("null", "a value of null", "bad-value", '"t":null'),
  refusedJson("out-of-range", "a number beyond float64", "out-of-range", '"t":1e400'),
  refusedJson("bad-channel", "an empty channel name", "bad-channel", '"":1'),
  refusedJson("bad-channel-control", "a line feed in a channel name", "bad-channel", '"a\\nb":1'),
  json(
    "refused-bad-time",
    "a sample whose time cannot be read",
    '{"device":"pump-7","seq":1,"samples":[{"time":"yesterday","values":{"t":1,"p":2}},{"values":{"t":3}}]}',
    {
      datagram: {
        ...JSON_HEADER,
        sequence: 1,
        readings: [{ name: "t", type: "float64", timeUs: 0, value: 3 }],
        refused: { "bad-time": 2 },
      },
    },
  ),
  json(
    "refused-too-many-readings",
    "8,193 values, one more than a datagram may carry",
    `{"device":"pump-7","seq":1,"samples":[{"values":${manyValues(4096)}},{"values":${manyValues(4097)}}]}`,
    {
      datagram: { ...JSON_HEADER, sequence: 1, refused: { "too-many-readings": 1 } },
      readingCount: 8192,
    },
  ),
];

const REJECTED: Vector[] = [
  json("reject-syntax", "cut off", '{"device":"pump-7","seq":1', { reject: "bad-json" }),
  json("reject-not-an-object", "an array", ' [{"device":"pump-7"}]', { reject: "bad-json" }),
  json("reject-nul", "a NUL after the object", '{"device":"pump-7","seq":1}\u0000', { reject: "bad-json" }),
  json("reject-two-objects", "two objects", '{"device":"a","seq":1}{"device":"a","seq":2}', {
    reject: "bad-json",
  }),
  {
    ...json("reject-utf8", "a byte that is not UTF-8", "", { reject: "bad-json" }),
    bytes: Buffer.from('{"device":"pump-\xff","seq":1}', "latin1"),
  },
  json("reject-format", "binary where the listener wants JSON", "LC\x01\x01", {
    format: "json",
    reject: "bad-magic",
  }),
  json("reject-magic", "JSON where the listener wants binary", '{"device":"pump-7","seq":1}', {
    format: "lacuna",
    reject: "bad-magic",
  }),
  json("reject-no-device", "no device", '{"seq":1,"values":{"t":1}}', { reject: "bad-field" }),
  json("reject-no-content", "neither a number nor values", '{"device":"pump-7","value":1}', {
    reject: "bad-field",
  }),
  json("reject-seq-type", "a number written as a string", '{"device":"pump-7","seq":"1"}', {
    reject: "bad-field",
  }),
  json("reject-epoch", "an epoch beyond 32 bits", '{"device":"pump-7","epoch":4294967296,"seq":1}', {
    reject: "bad-field",
  }),
  json(
    "reject-time",
    "a time without an offset",
    '{"device":"pump-7","seq":1,"time":"2026-11-20T12:00:00"}',
    {
      reject: "bad-field",
    },
  ),
  json("reject-two-times", "two send times", '{"device":"pump-7","seq":1,"time_ms":1,"time_us":1000}', {
    reject: "bad-field",
  }),
  json("reject-values", "values that are no object", '{"device":"pump-7","seq":1,"values":[1]}', {
    reject: "bad-field",
  }),
  json("reject-seq-and-next", "both a number and the next one", '{"device":"pump-7","seq":1,"next":2}', {
    reject: "bad-field",
  }),
  json("reject-sleep", "sleep outside a heartbeat", '{"device":"pump-7","seq":1,"sleep":60}', {
    reject: "bad-field",
  }),
  json("reject-sequence", "the number 2^53 - 1", '{"device":"pump-7","seq":9007199254740991}', {
    reject: "bad-sequence",
  }),
  json("reject-sequence-fraction", "the number 1.5", '{"device":"pump-7","seq":1.5}', {
    reject: "bad-sequence",
  }),
  json("reject-device-id", "a device id of 65 bytes", `{"device":"${"x".repeat(65)}","seq":1}`, {
    reject: "bad-device-id",
  }),
  json("reject-device-id-control", "a tab in the device id", '{"device":"pump\\t7","seq":1}', {
    reject: "bad-device-id",
  }),
  json("reject-device-id-surrogate", "half a surrogate pair", '{"device":"pump\\ud800","seq":1}', {
    reject: "bad-device-id",
  }),
];

export const JSON_VECTORS: Vector[] = [...GOOD, ...REFUSED, ...REJECTED];
