import { expect, test, vi } from "vitest";
import { type Columns, firstOf, printList } from "../../../cli/list/print-list.ts";

const COLUMNS: Columns<number> = {
  header: ["n", "square"],
  texts: 1,
  cells: (n) => [`#${n}`, String(n * n)],
};
async function* pagesOf(...pages: number[][]): AsyncGenerator<number[]> {
  yield* pages;
}

/** What is printed, also when it fails. */
const printed = async (
  pages: AsyncIterable<number[]>,
  isJson: boolean,
  onFailure?: (error: unknown) => void,
): Promise<string> => {
  let text = "";
  const write = vi.spyOn(process.stdout, "write").mockImplementation((chunk, done) => {
    text += chunk;
    (done as unknown as () => void)();
    return true;
  });
  await printList("numbers", pages, COLUMNS, isJson)
    .catch(onFailure)
    .finally(() => write.mockRestore());
  return text;
};

test("pages follow each other under one header", async () => {
  expect(await printed(pagesOf([1, 12], [], [3]), false)).toBe(
    "n    square\n#1        1\n#12     144\n#3        9\n",
  );
});

test("as JSON all pages are one array", async () => {
  for (const pages of [[[1, 2], [3]], [[]], [[], [1]]])
    expect(JSON.parse(await printed(pagesOf(...pages), true))).toEqual({ numbers: pages.flat() });
});

test("a list that cannot be had prints nothing: half a JSON object would be a second error to whoever reads it", async () => {
  async function* refused(): AsyncGenerator<number[]> {
    yield* [];
    throw new Error("refused");
  }
  for (const isJson of [true, false]) {
    const onFailure = vi.fn();
    expect([await printed(refused(), isJson, onFailure), onFailure.mock.calls]).toEqual([
      "",
      [[new Error("refused")]],
    ]);
  }
});

test("no more pages are asked for than are shown", async () => {
  const asked = vi.fn();
  async function* pages(): AsyncGenerator<number[]> {
    for (let page = 0; ; page++) {
      asked();
      yield [page * 2, page * 2 + 1];
    }
  }
  const seen = [];
  for await (const page of firstOf(pages(), 3)) seen.push(...page);
  expect([seen, asked.mock.calls.length]).toEqual([[0, 1, 2], 2]);
});
