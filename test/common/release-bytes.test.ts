import { expect, test } from "vitest";
import { releaseBytes } from "../../common/release-bytes.ts";

test("released bytes are gone, and the buffer of a part of it stays", () => {
  const whole = new Uint8Array([1, 2, 3]);
  releaseBytes(whole.subarray(1));
  expect([...whole]).toEqual([1, 2, 3]);
  releaseBytes(whole);
  expect(whole.buffer.byteLength).toBe(0);
});
