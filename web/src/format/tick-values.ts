/** as many digits as a value is told with */
const LEAST_DIGITS = 4;
/** more are not told apart by any number */
const MOST_DIGITS = 17;

/** How many digits tell neighbours apart. */
const digitsFor = (values: readonly number[]): number => {
  const step = Math.abs((values[1] ?? 0) - (values[0] ?? 0));
  const greatest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (step === 0 || greatest === 0) return LEAST_DIGITS;
  // two of the step itself: 2.5
  const digits = Math.floor(Math.log10(greatest)) - Math.floor(Math.log10(step)) + 2;
  return Math.min(MOST_DIGITS, Math.max(LEAST_DIGITS, digits));
};

/** "3.4e+308": the power may be one that no number has */
const withPower = (value: number, exponent: number, digits: number): string => {
  const [mantissa, power] = value.toExponential(digits - 1).split("e");
  const sum = Number(power) + exponent;
  return `${Number(mantissa)}e${sum < 0 ? "" : "+"}${sum}`;
};

/** The numbers along an axis, each told apart from its neighbours. @param exponent - they are times ten to this power */
export const tickValues = (values: readonly number[], exponent: number): string[] => {
  const digits = digitsFor(values);
  return values.map((value) => {
    const size = Math.abs(value);
    if (size === 0) return "0";
    const isPlain = exponent === 0 && size < 1e9 && size >= 1e-4;
    return isPlain ? String(Number(value.toPrecision(digits))) : withPower(value, exponent, digits);
  });
};
