/** SQLite's REAL has neither NaN (it becomes NULL) nor -0 (it becomes 0): these two are written as text. */
export const valueForTable = (value: number): number | string => {
  if (Number.isNaN(value)) return "NaN";
  return Object.is(value, -0) ? "-0" : value;
};

export const valueFromTable = (value: number | string | null): number => Number(value ?? Number.NaN);
