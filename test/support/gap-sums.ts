import { expect } from "vitest";
import { openForReading } from "../../db/file/open.ts";

/** R13: the gap rows of a database hold every number that is lost, missing, recovered or late, once. @param total - of the fleet's ledger */
export const expectGapSums = (file: string, total: Readonly<Record<string, unknown>>): void => {
  const db = openForReading(file);
  const sum = db
    .prepare("SELECT ifnull(sum(count), 0) FROM gap_list WHERE state = ? AND ifnull(arrival, '') = ?")
    .pluck();
  try {
    expect({
      lost: sum.get("lost", ""),
      missing: sum.get("open", ""),
      recovered: sum.get("filled", "recovered"),
      late: sum.get("filled", "late"),
    }).toEqual({
      lost: total.lost,
      missing: total.missing,
      recovered: total.recovered,
      late: total.late,
    });
  } finally {
    db.close();
  }
};
