/** SQLite's REAL has neither NaN (it becomes NULL) nor -0 (it becomes 0): these two are written as text. */
export const valueForTable = (value: number): number | string => {
  if (Number.isNaN(value)) return "NaN";
  return Object.is(value, -0) ? "-0" : value;
};

/** Whether a column has what `valueForTable` makes. */
export const isTableValue = (value: unknown): boolean =>
  typeof value === "number" || value === null || value === "NaN" || value === "-0";

export const valueFromTable = (value: number | string | null): number => Number(value ?? Number.NaN);
