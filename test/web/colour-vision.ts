type Triple = readonly [number, number, number];
type Matrix = readonly [Triple, Triple, Triple];

const times = (matrix: Matrix, [x, y, z]: Triple): Triple => {
  const [a, b, c] = matrix.map((row) => row[0] * x + row[1] * y + row[2] * z);
  return [a!, b!, c!];
};

/** What each kind of colour vision makes of linear RGB. @see Machado, Oliveira, Fernandes 2009, severity 1 */
export const VISIONS: Record<string, Matrix> = {
  usual: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopic: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopic: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopic: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

const linear = (hex: string): Triple => {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return [red!, green!, blue!];
};

/** WCAG 2 contrast ratio of two colours `#rrggbb`, [1, 21]. */
export const contrast = (a: string, b: string): number => {
  const [dark, light] = [a, b]
    .map((hex) => {
      const [red, green, blue] = linear(hex);
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    })
    .sort((one, other) => one - other);
  return (light! + 0.05) / (dark! + 0.05);
};

const TO_LMS: Matrix = [
  [0.4122214708, 0.5363325363, 0.0514459929],
  [0.2119034982, 0.6806995451, 0.1073969566],
  [0.0883024619, 0.2817188376, 0.6299787005],
];
const TO_LAB: Matrix = [
  [0.2104542553, 0.793617785, -0.0040720468],
  [1.9779984951, -2.428592205, 0.4505937099],
  [0.0259040371, 0.7827717662, -0.808675766],
];

const oklab = (hex: string, vision: Matrix): Triple => {
  const seen = times(vision, linear(hex)).map((part) => Math.min(1, Math.max(0, part)));
  const [l, m, s] = times(TO_LMS, seen as unknown as Triple).map(Math.cbrt);
  return times(TO_LAB, [l!, m!, s!]);
};

/** How far two colours lie apart in Oklab for a kind of colour vision; 0.02 is just noticed. @see Ottosson 2020 */
export const distance = (a: string, b: string, vision: Matrix): number => {
  const [one, other] = [oklab(a, vision), oklab(b, vision)];
  return Math.hypot(...one.map((part, index) => part - other[index]!));
};
