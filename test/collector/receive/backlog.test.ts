import fc from "fast-check";
import { expect, test } from "vitest";
import { Backlog, BacklogBlocks } from "../../../collector/receive/backlog.ts";

interface Heard {
  listener: number;
  payload: Uint8Array;
  address: string;
  port: number;
  arrivalUs: number;
}

const handleInto =
  (heard: Heard[]) =>
  (
    listener: number,
    bytes: Uint8Array,
    view: DataView,
    offset: number,
    length: number,
    address: string,
    port: number,
    arrivalUs: number,
  ): void => {
    if (length > 0) expect(view.getUint8(offset)).toBe(bytes[offset]);
    heard.push({ listener, payload: bytes.slice(offset, offset + length), address, port, arrivalUs });
  };

/** Put it with other bytes around it. */
const put = (backlog: Backlog, { payload, address, port, arrivalUs }: Heard): boolean => {
  const bytes = new Uint8Array(payload.length + 10).fill(0xee);
  bytes.set(payload, 5);
  return backlog.put(bytes, 5, payload.length, address, port, arrivalUs);
};

const datagram = fc.record({
  listener: fc.constant(3),
  payload: fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.integer({ min: 300, max: 65_535 }).map((length) => new Uint8Array(length).fill(length & 0xff)),
  ),
  address: fc.constantFrom("192.0.2.1", "2001:db8::1"),
  port: fc.integer({ min: 1, max: 65_535 }),
  arrivalUs: fc.integer({ min: 0, max: 2 ** 52 }),
});

test("datagrams come out as they went in, in order, however puts and handles follow each other", () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: datagram.map((put) => ({ put, most: 0 })) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 20 }).map((most) => ({ put: null, most })) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const blocks = new BacklogBlocks(4);
      const backlog = new Backlog(blocks, 0);
      const waiting: Heard[] = [];
      for (const { put: given, most } of steps) {
        const heard: Heard[] = [];
        if (given !== null) {
          if (put(backlog, given)) waiting.push(given);
          else expect(blocks.hasRoom).toBe(false);
        } else {
          expect(backlog.handle(3, most, 0, handleInto(heard))).toBe(Math.min(most, waiting.length));
          expect(heard).toEqual(waiting.splice(0, most));
        }
        expect(backlog.isEmpty).toBe(waiting.length === 0);
      }
      const heard: Heard[] = [];
      backlog.handle(3, Number.POSITIVE_INFINITY, 0, handleInto(heard));
      expect(heard).toEqual(waiting);
      expect(blocks.hasRoom).toBe(true);
    }),
    { numRuns: 100 },
  );
});

test("sockets share the room, and what one has handled is room for another", () => {
  const blocks = new BacklogBlocks(2);
  const [first, second] = [new Backlog(blocks, 0), new Backlog(blocks, 0)];
  const one: Heard = {
    listener: 3,
    payload: new Uint8Array(60_000),
    address: "192.0.2.1",
    port: 1,
    arrivalUs: 0,
  };
  const fill = (backlog: Backlog): number => {
    let count = 0;
    while (put(backlog, one)) count++;
    return count;
  };
  expect(put(second, one)).toBe(true);
  expect(fill(first)).toBe(4);
  expect(fill(second)).toBe(3);
  expect(first.handle(3, 4, 0, () => {})).toBe(4);
  expect(fill(second)).toBe(4);
});

test("small datagrams are bounded by their number", () => {
  const backlog = new Backlog(new BacklogBlocks(2), 0);
  let count = 0;
  while (backlog.put(new Uint8Array(0), 0, 0, "192.0.2.1", 1, 0)) count++;
  expect(count).toBe(2 * 3072);
});

test("a block is filled to its last byte, and not beyond", () => {
  const LARGEST = 2 ** 16 - 8;
  const fill = (lengths: readonly number[]): boolean[] => {
    const backlog = new Backlog(new BacklogBlocks(1), 0);
    return lengths.map((length) => backlog.put(new Uint8Array(LARGEST), 0, length, "192.0.2.1", 1, 0));
  };
  expect(fill([LARGEST, LARGEST, LARGEST, LARGEST, 0])).toEqual([true, true, true, true, false]);
  expect(fill([LARGEST, LARGEST, LARGEST, LARGEST - 16, 9, 8])).toEqual([
    true,
    true,
    true,
    true,
    false,
    true,
  ]);
});

test("a handler that throws loses the one datagram it threw at", () => {
  const backlog = new Backlog(new BacklogBlocks(), 0);
  for (let number = 0; number < 3; number++) backlog.put(Uint8Array.of(number), 0, 1, "192.0.2.1", 1, number);
  const heard: Heard[] = [];
  expect(() =>
    backlog.handle(3, 10, 0, () => {
      throw new Error("a bug");
    }),
  ).toThrow("a bug");
  backlog.handle(3, 10, 0, handleInto(heard));
  expect(heard.map(({ arrivalUs }) => arrivalUs)).toEqual([1, 2]);
});

test("memory that is used again says nothing of what was in it before", () => {
  const blocks = new BacklogBlocks(1);
  const [fast, slow] = [new Backlog(blocks, 0), new Backlog(blocks, 50)];
  const one: Heard = { listener: 3, payload: Uint8Array.of(1), address: "192.0.2.1", port: 1, arrivalUs: 0 };
  put(fast, one);
  fast.readUntil(1000);
  fast.handle(3, 1, 0, () => {});
  put(slow, one);
  slow.handle(3, 1, 0, () => {});
  expect([fast.handledUntilMs, slow.handledUntilMs]).toEqual([1000, 50]);
  slow.readUntil(60);
  expect(slow.handledUntilMs).toBe(60);
  // more arrivals than the index of one can count
  const heard: Heard[] = [];
  for (let arrivalUs = 1; arrivalUs <= 70_000; arrivalUs++) {
    put(slow, { ...one, arrivalUs });
    slow.handle(3, 1, 0, handleInto(heard));
  }
  expect(heard.findIndex(({ arrivalUs }, index) => arrivalUs !== index + 1)).toBe(-1);
});
