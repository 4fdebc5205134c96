import type { AnswerTexts } from "../db/answer-texts.ts";
import { readingsArray, readingsCsv } from "./readings-text.ts";
import { seriesMembers } from "./series-text.ts";

/** The module that reader threads load: answers are written there. */
export const readings: AnswerTexts["readings"] = (rows, form) =>
  form.format === "csv" ? readingsCsv(rows, form.columns) : readingsArray(rows);

export const series: AnswerTexts["series"] = seriesMembers;
