import type { AnswerTexts } from "../../db/readers/answer-texts.ts";
import { writeReadings } from "./readings-text.ts";
import { writePoints, writeSeries } from "./series-text.ts";
import { TextWriter } from "./text-writer.ts";

/** The module that reader threads load: answers are written there. */
const out = new TextWriter();

export const readings: AnswerTexts["readings"] = (rows, form) => {
  writeReadings(out.begin(), rows, form);
  return out.end();
};

export const series: AnswerTexts["series"] = (found, runs, time) => {
  writeSeries(out.begin(), found, runs, time);
  return out.end();
};

export const points: AnswerTexts["points"] = (found, runs, time) => {
  writePoints(out.begin(), found, runs, time);
  return out.end();
};
