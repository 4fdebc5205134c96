/** A mark of a chart. */
export interface MarkPlace {
  /** whole pixels from the left */
  at: number;
  /** it has room for a line: no other mark is near */
  isLine: boolean;
}

/**
 * Where marks are drawn: one for each pixel at most, and a line only where it stands alone. Thousands of lines would hide what is drawn over them.
 * @param positions - pixels, ascending
 * @param room - of a line, pixels
 */
export const markPlaces = (positions: readonly number[], room: number): MarkPlace[] => {
  const whole = [...new Set(positions.map(Math.round))];
  const isFar = (at: number, other: number | undefined): boolean =>
    other === undefined || Math.abs(other - at) >= room;
  return whole.map((at, index) => ({
    at,
    isLine: isFar(at, whole[index - 1]) && isFar(at, whole[index + 1]),
  }));
};

/** Index of the mark nearest to a place, of equally near ones the first; null when none is within reach. All in pixels. */
export const nearestMark = (positions: readonly number[], at: number, reach: number): number | null => {
  let [nearest, least] = [-1, reach];
  for (const [index, position] of positions.entries()) {
    const distance = Math.abs(position - at);
    if (distance < least || (distance === least && nearest < 0)) [nearest, least] = [index, distance];
  }
  return nearest < 0 ? null : nearest;
};
