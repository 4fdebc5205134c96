import { Buffer } from "node:buffer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_DATAGRAM_BYTES } from "../../protocol/constants.ts";
import { Datagram } from "../../protocol/datagram.ts";
import { decode, FORMATS } from "../../protocol/decode.ts";
import { REFUSAL, REJECT, REJECT_REASONS } from "../../protocol/reasons.ts";
import { decodePlain } from "../support/plain-datagram.ts";
import { VECTORS } from "../support/vectors/index.ts";

const datagram = new Datagram();

/** Decodes in every format; the codes, after checking that what was filled in keeps the bounds. */
const decodeAll = (bytes: Uint8Array): number[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return FORMATS.map((format) => {
    const code = decode(bytes, view, 0, bytes.length, format, datagram);
    expect(REJECT_REASONS[code]).toBeDefined();
    if (code === 0) expectBounds();
    return code;
  });
};

const expectBounds = (): void => {
  expect(datagram.idLength).toBeGreaterThan(0);
  expect(datagram.idLength).toBeLessThanOrEqual(64);
  expect(datagram.sequence).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER);
  expect(datagram.refused.reduce((sum, refused) => sum + refused)).toBe(datagram.refusedCount);
};

const small = VECTORS.filter(({ bytes }) => bytes.length < 2000);
const anyVector = fc.constantFrom(...small).map(({ bytes }) => bytes);
const mutation = fc.tuple(fc.constantFrom("set", "cut", "insert", "copy"), fc.nat(), fc.nat(), fc.nat(255));

const mutate = (bytes: Uint8Array, [how, at, length, byte]: [string, number, number, number]): Uint8Array => {
  const start = bytes.length === 0 ? 0 : at % bytes.length;
  const end = start + (length % 8);
  const [before, middle, after] = [bytes.subarray(0, start), bytes.subarray(start, end), bytes.subarray(end)];
  if (how === "cut") return Buffer.concat([before, after]);
  if (how === "insert") return Buffer.concat([before, Uint8Array.of(byte), middle, after]);
  if (how === "copy") return Buffer.concat([before, middle, middle, after]);
  return Buffer.concat([before, Uint8Array.of(byte), bytes.subarray(start + 1)]);
};

test("random bytes never throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      decodeAll(bytes);
    }),
    { numRuns: 5000 },
  );
});

test("random bytes behind a sound header never throw", () => {
  const body = fc.uint8Array({ maxLength: 120 });
  fc.assert(
    fc.property(
      body,
      fc.constantFrom(1, 2, 3, 4, 5),
      fc.nat(0b111),
      fc.nat(12),
      (bytes, kind, flags, count) => {
        const header = Buffer.from("4c430100000100000000000300000000000000020000000000000000", "hex");
        header[3] = kind;
        header[4] = flags;
        header[7] = count;
        decodeAll(Buffer.concat([header, Buffer.from("a"), bytes]));
      },
    ),
    { numRuns: 5000 },
  );
});

test("mutated datagrams of both formats never throw", () => {
  fc.assert(
    fc.property(anyVector, fc.array(mutation, { minLength: 1, maxLength: 4 }), (bytes, mutations) => {
      decodeAll(mutations.reduce(mutate, bytes));
    }),
    { numRuns: 10_000 },
  );
});

test("JSON of any shape under the known members never throws", () => {
  const member = fc.constantFrom(
    "device",
    "epoch",
    "seq",
    "next",
    "time",
    "time_us",
    "time_ms",
    "values",
    "samples",
    "units",
    "sleep",
    "end",
    "__proto__",
  );
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom("pump-7", 1, 2, true, [], {}, -0, 1e300),
  );
  fc.assert(
    fc.property(fc.dictionary(member, value), (message) => {
      decodeAll(Buffer.from(JSON.stringify({ device: "pump-7", ...message })));
    }),
    { numRuns: 5000 },
  );
});

test("a datagram cut anywhere is rejected for being short, never sound", () => {
  const binary = small.filter((vector) => vector.datagram && vector.bytes[0] === 0x4c && !vector.format);
  const short = ["empty", "truncated", "count-mismatch", "bad-checksum"];
  for (const { bytes } of binary) {
    for (let length = 0; length < bytes.length; length++) {
      const decoded = decodePlain(bytes.subarray(0, length)) as { reject: string };
      expect(short).toContain(decoded.reject);
    }
  }
});

test("a JSON datagram cut anywhere is bad-json", () => {
  const text = small.filter((vector) => vector.datagram && vector.bytes[0] === 0x7b);
  for (const { bytes } of text) {
    const end = Buffer.from(bytes).lastIndexOf("}");
    for (let length = 1; length <= end; length++)
      expect(decodePlain(bytes.subarray(0, length))).toEqual({ reject: "bad-json" });
  }
});

test("every single flipped bit under a checksum is noticed", () => {
  const { bytes } = VECTORS.find(({ name }) => name === "data-checksum")!;
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Uint8Array.from(bytes);
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    const decoded = decodePlain(flipped);
    // the flag itself is the one bit that switches the checksum off: its four bytes are then too many
    expect(decoded).toEqual({ reject: expect.any(String) });
  }
});

test("brackets nested as deep as a datagram allows are bad-json", () => {
  for (const text of [`{"a":${"[".repeat(MAX_DATAGRAM_BYTES - 6)}`, `{"a":`.repeat(MAX_DATAGRAM_BYTES / 5)])
    expect(decodePlain(Buffer.from(text.padStart(MAX_DATAGRAM_BYTES)), "json")).toEqual({
      reject: "bad-json",
    });
});

test("the largest datagram of the shortest entries is decoded", () => {
  const count = Math.floor((MAX_DATAGRAM_BYTES - 29) / 8);
  const bytes = Buffer.alloc(29 + count * 8);
  bytes.set(Buffer.from("4c43010100010000", "hex"));
  bytes.writeUInt16BE(count, 6);
  bytes.write("a", 28);
  expect(decodeAll(bytes)).toEqual([REJECT.sound, REJECT.sound, REJECT["bad-magic"]]);
  decodePlain(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  decode(bytes, view, 0, bytes.length, "auto", datagram);
  expect(datagram.refused[REFUSAL["unknown-type"]]).toBe(count);
});
