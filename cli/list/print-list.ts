import { ApiClient } from "../../common/api-client.ts";
import { type ApiFlags, tokenOf } from "../options/api-flags.ts";
import { print } from "../terminal/output.ts";
import { tellTrouble } from "../terminal/tell-trouble.ts";
import { table } from "../terminal/terminal.ts";
import { queryOf } from "./api-query.ts";

/** Flags of a command that prints a list of the API. */
export interface ListFlags extends ApiFlags {
  limit?: number;
  json?: boolean;
}

const MOST_PER_PAGE = 1000;

/** How a list is shown to people. */
export interface Columns<Item> {
  header: readonly string[];
  /** of these, texts, which stand at the left */
  texts: number;
  cells(item: Item): readonly string[];
}

/** Items of a list until there are `most` of them. */
export async function* firstOf<Item>(pages: AsyncIterable<Item[]>, most: number): AsyncGenerator<Item[]> {
  let left = most;
  for await (const page of pages) {
    yield page.slice(0, left);
    left -= page.length;
    if (left <= 0) return;
  }
}

/**
 * Prints a list page by page, so that it may be of any length: as one JSON object with the member `name`, or as a table whose columns become
 * wider where a later page needs it.
 * @returns how many items there were
 */
export const printList = async <Item>(
  name: string,
  pages: AsyncIterable<Item[]>,
  columns: Columns<Item>,
  isJson: boolean,
): Promise<number> => {
  let count = 0;
  // with the first page, or at the end: a list that is refused is no half of an object
  let head = isJson ? `{${JSON.stringify(name)}:[` : "";
  const { header, texts, cells } = columns;
  const widths = header.map(({ length }) => length);
  for await (const page of pages) {
    const lines = isJson
      ? page.map((item, index) => `${count + index > 0 ? "," : ""}${JSON.stringify(item)}`)
      : table(header, page.map(cells), texts, widths).slice(count === 0 ? 0 : 1);
    count += page.length;
    if (lines.length === 0) continue;
    await print(`${head}${lines.join("\n")}\n`);
    head = "";
  }
  if (isJson) await print(`${head}]}\n`);
  return count;
};

/**
 * Prints a list of a running collector.
 * @param item - what one of the list is called; the list by more of them
 * @param flags - those beside `ListFlags` are filters of the API: it says what is accepted
 */
export const printApiList = async <Item>(
  path: string,
  item: "device" | "gap",
  { api, token, limit = Number.POSITIVE_INFINITY, json = false, ...filters }: ListFlags,
  columns: Columns<Item>,
): Promise<void> => {
  const name = `${item}s` as const;
  const client = new ApiClient(api, { token: tokenOf(token) });
  const perPage = Math.max(1, Math.min(MOST_PER_PAGE, limit));
  const pages = client.pages<typeof name, Item>(path, name, perPage, queryOf(filters));
  const shown = await printList(name, firstOf(pages, limit), columns, json);
  if (json) return;
  if (shown === 0) process.stderr.write(`no ${item} matches\n`);
  await tellTrouble(client);
};
