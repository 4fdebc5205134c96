import type { AnswerTexts } from "../db/answer-texts.ts";
import { readingsArray, readingsCsv, readingsLines } from "./readings-text.ts";
import { pointsMembers, seriesMembers } from "./series-text.ts";

/** The module that reader threads load: answers are written there. */
export const readings: AnswerTexts["readings"] = (rows, form) => {
  if (form.format === "csv") return readingsCsv(rows, form);
  return form.format === "ndjson" ? readingsLines(rows, form.time) : readingsArray(rows, form.time);
};

export const series: AnswerTexts["series"] = seriesMembers;

export const points: AnswerTexts["points"] = pointsMembers;
