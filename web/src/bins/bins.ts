/** Causes of loss, in the order of the ledger. */
export const CAUSES = [
  "network",
  "socket-overflow",
  "queue-overflow",
  "collector-down",
  "gone",
  "undetermined",
] as const;
export type Cause = (typeof CAUSES)[number];

export type BinKey = "inOrder" | "reordered" | "recovered" | "late" | "missing" | Cause;

export interface Bin {
  key: BinKey;
  /** name of its CSS variable, without the dashes before it */
  token: string;
  label: string;
  /** what a number in it went through, as the end of a sentence */
  meaning: string;
  /** what it says of the number: here in time, here after all, not here */
  group: "in time" | "came back" | "not here";
}

const bin = (key: BinKey, label: string, group: Bin["group"], meaning: string): Bin => ({
  key,
  token: `bin-${key === "inOrder" ? "in-order" : key}`,
  label,
  meaning,
  group,
});

/** Every bin of the ledger from best to worst: the order of legends, of stacks, and of which one a cell shows. */
export const BINS: readonly Bin[] = [
  bin("inOrder", "in order", "in time", "arrived in sequence"),
  bin("reordered", "reordered", "in time", "arrived out of sequence, inside its window"),
  bin("recovered", "recovered", "came back", "came after we asked for it again"),
  bin("late", "late", "came back", "came by itself after it was declared lost"),
  bin("missing", "missing", "not here", "not here yet, its window is open"),
  bin("undetermined", "undetermined", "not here", "lost, and the evidence does not single out a cause"),
  bin("gone", "gone", "not here", "lost, and the device no longer holds it"),
  bin("network", "network", "not here", "lost on the way: no counter of this host moved"),
  bin("collector-down", "collector down", "not here", "lost while the collector was not running"),
  bin("socket-overflow", "socket overflow", "not here", "dropped by the kernel at our socket"),
  bin("queue-overflow", "queue overflow", "not here", "refused by our own full queue"),
];

const BY_KEY = new Map(BINS.map((entry) => [entry.key, entry]));

export const binOf = (key: BinKey): Bin => BY_KEY.get(key)!;

/** Bins that mean lost, in the order of `BINS`. */
export const LOST_BINS = BINS.filter(({ key }) => (CAUSES as readonly string[]).includes(key));

/** Causes that lie on the collector's own host. */
export const OUR_CAUSES: readonly Cause[] = ["socket-overflow", "queue-overflow", "collector-down"];
