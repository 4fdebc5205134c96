import { LacunaError } from "./errors.ts";

const UNIT_BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};
const PATTERN = /^(\d+(?:\.\d+)?)\s*([kKMGT]i?B|B)?$/;

/** What a size looks like, for messages and help. */
export const SIZE_ACCEPTED = 'bytes, or a number with a unit: kB, MB, GB, KiB, MiB, GiB, such as "8MiB"';

/**
 * Bytes of a size such as "8MiB", "10GB", "4096". Fractions of a byte are rounded.
 * @returns an integer >= 0
 * @throws LacunaError `ERR_SIZE` with a sentence saying what is accepted
 */
export const parseSizeBytes = (text: string): number => {
  const [, number, unit = "B"] = PATTERN.exec(text.trim()) ?? [];
  const factor = UNIT_BYTES[unit === "KB" ? "kB" : unit];
  if (number === undefined || factor === undefined) {
    throw new LacunaError("ERR_SIZE", `"${text}" is not a size; accepted is ${SIZE_ACCEPTED}`);
  }
  return Math.round(Number(number) * factor);
};

/** The shortest exact way to write a number of bytes: 8388608 is "8MiB", 1000 is "1kB", 1234 is "1234B". */
export const formatSizeBytes = (bytes: number): string => {
  if (bytes === 0) return "0B";
  for (const unit of ["TiB", "GiB", "MiB", "KiB", "TB", "GB", "MB", "kB"]) {
    if (bytes % UNIT_BYTES[unit]! === 0) return `${bytes / UNIT_BYTES[unit]!}${unit}`;
  }
  return `${bytes}B`;
};

const BINARY_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** For a sentence, to three or four digits: "64 KiB", "1.5 GiB". */
export const sizeInWords = (bytes: number): string => {
  let scaled = bytes;
  let unit = 0;
  while (scaled >= 1024 && unit < BINARY_UNITS.length - 1) {
    scaled /= 1024;
    unit++;
  }
  const digits = unit === 0 || scaled >= 100 ? 0 : 1;
  return `${scaled.toFixed(digits).replace(/\.0$/, "")} ${BINARY_UNITS[unit]}`;
};
