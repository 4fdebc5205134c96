import type { Completeness, DamagedPart, ReadingRow } from "../../api/sources.ts";
import { LacunaError } from "../../common/errors.ts";

/** What is exported of each device. */
export interface ExportQuery {
  /** names; empty = all */
  channels: readonly string[];
  /** microseconds; inclusive and exclusive; null = open */
  fromUs: number | null;
  toUs: number | null;
}

export interface ExportPage {
  rows: readonly ReadingRow[];
  /** of the device's whole span; what could not be read counts as received */
  completeness: Pick<Completeness, "expected" | "received">;
  /** what could not be read; pages may tell of the same */
  damaged?: readonly DamagedPart[];
}

/** Where readings come from. What fails throws LacunaError; a page that came is whole. */
export interface ExportSource {
  /** that readings are gone of which it is not known whose they were, as a sentence; null where that is not so, or is not looked for */
  readonly lost: string | null;
  /** ids of all devices */
  devices(): Promise<readonly string[]>;
  /** every name one of its channels has or had; null when the device is not known */
  channelNames(device: string): Promise<readonly string[] | null>;
  /** By run and number. At least one page, also of a device without readings, unless it is not known. */
  readings(device: string, query: ExportQuery): AsyncIterable<ExportPage>;
  close(): void;
}

/** An answer does not count as received what it could not read. */
export const withDamaged = ({
  expected,
  received,
  damaged = 0,
}: Pick<Completeness, "expected" | "received" | "damaged">): ExportPage["completeness"] => ({
  expected,
  received: received + damaged,
});

/** None of the exported devices has a channel of that name. */
export const unknownChannel = (name: string): LacunaError =>
  new LacunaError("ERR_UNKNOWN_CHANNEL", `no device has a channel ${JSON.stringify(name)}`);

export const unknownDevice = (device: string): LacunaError =>
  new LacunaError("ERR_UNKNOWN_DEVICE", `there is no device ${JSON.stringify(device)}`);
