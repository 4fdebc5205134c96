const SORTS = ["id", "status", "lastSeen", "rate", "completeness", "lost", "missing"] as const;
export type SortKey = (typeof SORTS)[number];

export interface Sorting {
  key: SortKey;
  isDescending: boolean;
}

/** First click on a column: what an operator looks for on top. */
const DESCENDING_FIRST: readonly SortKey[] = ["lastSeen", "rate", "lost", "missing", "status"];

/** `lost`, or `-lost` for descending; anything else is by id. */
export const parseSorting = (text: string | null): Sorting => {
  const isDescending = text?.startsWith("-") ?? false;
  const key = SORTS.find((known) => known === text?.replace(/^-/, ""));
  return key === undefined ? { key: "id", isDescending: false } : { key, isDescending };
};

/** Null for the default, which the URL leaves out. */
export const formatSorting = ({ key, isDescending }: Sorting): string | null =>
  key === "id" && !isDescending ? null : `${isDescending ? "-" : ""}${key}`;

export const nextSorting = (current: Sorting, key: SortKey): Sorting =>
  current.key === key
    ? { key, isDescending: !current.isDescending }
    : { key, isDescending: DESCENDING_FIRST.includes(key) };
