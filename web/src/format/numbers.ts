const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** "1,234,567" */
export const count = (value: number): string => WHOLE.format(value);

const UNITS: readonly [number, string][] = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];

/** At most four characters and a unit: "0", "12.3", "512", "1.23k", "45.6M". */
export const compact = (value: number): string => {
  const size = Math.abs(value);
  const [divisor, unit] = UNITS.find(([limit]) => size >= limit * 0.9995) ?? [1, ""];
  const scaled = value / divisor;
  if (divisor === 1 && Number.isInteger(value)) return String(value);
  const digits = Math.abs(scaled) >= 99.95 ? 0 : Math.abs(scaled) >= 9.995 ? 1 : 2;
  return `${scaled.toFixed(digits)}${unit}`;
};

const floorTo = (value: number, digits: number): string => {
  const scale = 10 ** digits;
  // the tiny addition undoes what binary fractions take away: 0.97 * 100 is 96.999…
  return (Math.floor(value * scale + 1e-9) / scale).toFixed(digits);
};

/**
 * A completeness for people, never rounded up: 100 % is shown only when it is exactly that, and the closer to it the more digits.
 * @param ratio - in [0, 1]; null = nothing was expected
 */
export const completeness = (ratio: number | null): string => {
  if (ratio === null) return "–";
  if (ratio >= 1) return "100 %";
  const percent = ratio * 100;
  if (percent < 99.9) return `${floorTo(percent, 2)} %`;
  if (percent < 99.999) return `${floorTo(percent, 4)} %`;
  return percent < 99.999999 ? `${floorTo(percent, 6)} %` : "> 99.999999 %";
};

/** A share, never rounded down to nothing nor up to all: "0 %", "< 0.001 %", "0.042 %", "2.31 %", "98.4 %", "99.9990 %", "100 %". */
export const share = (ratio: number): string => {
  const percent = ratio * 100;
  if (percent === 0) return "0 %";
  if (percent < 0.001) return "< 0.001 %";
  if (percent < 0.1) return `${percent.toFixed(3)} %`;
  if (percent >= 99.9) return completeness(ratio);
  return percent < 10 ? `${percent.toFixed(2)} %` : `${percent.toFixed(1)} %`;
};

/** What a rate is counted by, seconds: the shortest in which there is something. */
const PERIODS: readonly [number, string][] = [
  [1, "s"],
  [60, "min"],
  [3600, "h"],
  [86_400, "d"],
];
const SOMETHING = 0.1;

/** "12.5/s", "1.25k/s", "2.0/min" where it is less than one in ten seconds, "0/s"; "–" while unknown. */
export const rate = (perSecond: number | null): string => {
  if (perSecond === null) return "–";
  if (perSecond === 0) return "0/s";
  const [seconds, unit] = PERIODS.find(([period]) => perSecond * period >= SOMETHING) ?? PERIODS.at(-1)!;
  const amount = perSecond * seconds;
  const text = amount >= 99.95 ? compact(Math.round(amount)) : amount.toFixed(amount >= 0.995 ? 1 : 2);
  return `${text}/${unit}`;
};

const BINARY = ["B", "KiB", "MiB", "GiB", "TiB"];

/** "40 KiB", "1.5 GiB" */
export const bytes = (value: number): string => {
  let scaled = value;
  let unit = 0;
  while (scaled >= 1024 && unit < BINARY.length - 1) {
    scaled /= 1024;
    unit++;
  }
  const digits = unit === 0 || scaled >= 100 ? 0 : 1;
  return `${scaled.toFixed(digits).replace(/\.0$/, "")} ${BINARY[unit]}`;
};

/** as many digits as a value is told with, if those before the point are not more */
const DIGITS = 6;

/** A measured value: whole numbers as they are, of others enough digits to tell neighbours apart, no more. */
export const measured = (value: number | boolean | string | null | undefined): string => {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number" || Number.isSafeInteger(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e15 || size < 1e-4) return Number(value.toPrecision(DIGITS)).toExponential();
  return String(Number(value.toPrecision(Math.max(DIGITS, Math.floor(Math.log10(size)) + 2))));
};

/** "1 number", "2 numbers" */
export const plural = (amount: number, one: string, many = `${one}s`): string =>
  `${count(amount)} ${amount === 1 ? one : many}`;
