import { readings } from "../../api/answers/answer-texts.ts";
import { columnOfChannel, csvText } from "../../api/answers/csv-text.ts";
import type { ReadingRow, TimeForm } from "../../api/sources.ts";

export const EXPORT_FORMATS = ["csv", "ndjson"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** What goes before the first reading; "" = nothing. @param columns - names of the channels */
export const headerText = (format: ExportFormat, columns: readonly string[]): string =>
  format === "csv" ? `${["device,time,epoch,run,seq", ...columns.map(titleOf)].join(",")}\n` : "";

const titleOf = (channel: string): string => csvText(columnOfChannel(channel));

/**
 * Readings of a device as lines: those of the API, with the device before them.
 * @param columns - of CSV
 * @throws LacunaError `ERR_CHANNEL_RENAMED` when the columns lack a channel
 */
export const rowsText = (
  device: string,
  rows: readonly ReadingRow[],
  format: ExportFormat,
  time: TimeForm,
  columns: readonly string[],
): string => {
  if (rows.length === 0) return "";
  if (format === "csv") {
    const prefix = `${csvText(device)},`;
    const lines = String(Buffer.from(readings(rows, { format, time, columns, isContinued: true }).buffer));
    return `${prefix}${lines.slice(0, -1).replaceAll("\n", () => `\n${prefix}`)}\n`;
  }
  const prefix = `{"device":${JSON.stringify(device)},`;
  return (
    prefix +
    String(Buffer.from(readings(rows, { format, time }).buffer))
      .slice(1)
      .replaceAll("\n{", () => `\n${prefix}`)
  );
};
