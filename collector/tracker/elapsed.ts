/**
 * How long ago something was, by arrivals, microseconds. What lies ahead was before the clock was set back: nobody knows how long ago, and for as long as the
 * clock had been ahead nothing would be over. It counts as so long ago as it lies ahead.
 */
export const elapsedUs = (thenUs: number, arrivalUs: number): number => Math.abs(arrivalUs - thenUs);
