import fc from "fast-check";
import { expect, test } from "vitest";
import { CHUNK_PAGE_BYTES, PageWriter, pagesOf } from "../../../db/chunk/chunk-pages.ts";

test("blocks of any length come out as one stream, in buffers of whole pages that stay as they were given", () => {
  const length = fc.oneof(
    fc.nat(100),
    fc.integer({ min: 0, max: 5 * CHUNK_PAGE_BYTES }),
    fc.constant(CHUNK_PAGE_BYTES),
  );
  fc.assert(
    fc.property(fc.array(length, { maxLength: 8 }), fc.integer({ min: 1, max: 3 }), (lengths, pages) => {
      let next = 0;
      const blocks = lengths.map((bytes) => Uint8Array.from({ length: bytes }, () => next++ % 251));
      const writer = new PageWriter(pages);
      const full = blocks.flatMap((block) => [...writer.append(block)]);
      const rest = writer.rest();
      const sent = Buffer.concat(blocks);
      expect(writer.bytes).toBe(sent.length);
      expect(Buffer.concat([...full, rest]).equals(sent)).toBe(true);
      expect(full.map((buffer) => buffer.length)).toEqual(full.map(() => pages * CHUNK_PAGE_BYTES));
      expect(rest.length).toBeLessThan(pages * CHUNK_PAGE_BYTES);
      expect(pagesOf(sent.length)).toBe(full.length * pages + pagesOf(rest.length));
    }),
    { numRuns: 50, interruptAfterTimeLimit: 2000 },
  );
});

test.each([
  [0, 0],
  [1, 1],
  [CHUNK_PAGE_BYTES, 1],
  [CHUNK_PAGE_BYTES + 1, 2],
])("%d bytes take %d pages", (bytes, pages) => {
  expect(pagesOf(bytes)).toBe(pages);
});
