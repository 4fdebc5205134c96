import type { Announcement } from "../data/types.ts";

/** A silence with a reason. */
export const ANNOUNCED: Record<Announcement, string> = { sleep: "asleep", end: "ended" };
