import type { WriteStream } from "node:tty";

/** 12,345 */
export const count = (value: number | bigint): string => value.toLocaleString("en-US");
/** "1 number", "2 numbers" */
export const plural = (amount: number, one: string): string =>
  `${count(amount)} ${one}${amount === 1 ? "" : "s"}`;
/** What a rate is counted by, seconds. */
const PERIODS: readonly [number, string][] = [
  [1, "s"],
  [60, "min"],
  [3600, "h"],
  [86_400, "d"],
];

/** Datagrams per second; where it is less than one in ten seconds, per minute, hour or day. */
export const rate = (hz: number): string => {
  if (hz === 0 || hz >= 9.95) return `${count(Math.round(hz))}/s`;
  const [seconds, unit] = PERIODS.find(([period]) => hz * period >= 0.1) ?? PERIODS.at(-1)!;
  return `${Number((hz * seconds).toPrecision(2))}/${unit}`;
};
/** An RFC 3339 time of the API, to the second. */
export const shortTime = (time: string): string => time.replace(/\.\d+Z$/, "Z");
/** To 15 digits: 0.07 * 1e4 is 700.0000000000001, and is not to be rounded up. */
const hundredths = (ratio: number, round: (value: number) => number): string =>
  `${(round(Number((ratio * 1e4).toPrecision(15))) / 100).toFixed(2)} %`;

/** 97.93 %; never rounded up to 100 while something is missing */
export const percent = (ratio: number | null): string =>
  ratio === null ? "–" : hundredths(ratio, Math.floor);

/** A loss is rounded up: 0.00 % means that there was none. */
export const lossPercent = (ratio: number | null): string =>
  ratio === null ? "–" : hundredths(ratio, Math.ceil);

const CLEAR_LINE = "\r\u001b[2K";
const CLEAR_BELOW = "\u001b[0J";

/** what is taken where a terminal does not say how wide it is */
const USUAL_COLUMNS = 80;

/** How many columns a line may have; without a terminal any. */
export const lineWidth = ({ isTTY, columns }: { isTTY: boolean; columns: number }): number =>
  isTTY ? (columns || USUAL_COLUMNS) - 1 : Infinity;

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
/** combining marks, and those of direction and joining */
const NO_COLUMN = /[\p{Mn}\p{Me}\p{Cf}]/u;
/** what is East Asian wide or fullwidth (UAX #11), by block, and emoji */
const TWO_COLUMNS =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}\p{Emoji_Presentation}]/u;
const columnsOf = (letter: string): number => (NO_COLUMN.test(letter) ? 0 : TWO_COLUMNS.test(letter) ? 2 : 1);

/** How many columns of a terminal a text takes: device ids are written in all scripts. */
const columnWidth = (text: string): number =>
  PRINTABLE_ASCII.test(text) ? text.length : [...text].reduce((sum, letter) => sum + columnsOf(letter), 0);

/** As much of its beginning as that many columns hold. */
const fitting = (text: string, columns: number): string => {
  if (PRINTABLE_ASCII.test(text)) return text.slice(0, columns);
  let [fitted, width] = ["", 0];
  for (const letter of text) {
    width += columnsOf(letter);
    if (width > columns) break;
    fitted += letter;
  }
  return fitted;
};

/** One line that is written over; nothing at all where the stream is not a terminal. */
export class LiveLine {
  readonly #stream: WriteStream;
  constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  show(text: string): void {
    if (this.#stream.isTTY) this.#stream.write(`${CLEAR_LINE}${fitting(text, lineWidth(this.#stream))}`);
  }

  clear(): void {
    if (this.#stream.isTTY) this.#stream.write(CLEAR_LINE);
  }
}

/** Broken between words, so that each line fits; a word that is too long stays whole. */
export const wrapped = (text: string, width: number): string[] => {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
};

/** A few lines that are written over on a terminal, and appended elsewhere. */
export class LiveBlock {
  readonly #stream: WriteStream;
  #height = 0;
  constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  show(lines: readonly string[]): void {
    if (this.#stream.isTTY) {
      const up = this.#height === 0 ? "" : `\u001b[${this.#height}A`;
      const fitted = lines.map((line) => fitting(line, lineWidth(this.#stream)));
      this.#stream.write(`${up}\r${CLEAR_BELOW}${fitted.join("\n")}\n`);
    } else {
      this.#stream.write(`${lines.join("\n")}\n`);
    }
    this.#height = lines.length;
  }
}

/**
 * Columns of equal width, numbers to the right.
 * @param texts - how many columns at the left are texts
 * @param widths - of the columns so far, made wider where these rows need it: of a table that comes in pieces
 */
export const table = (
  header: readonly string[],
  rows: readonly (readonly string[])[],
  texts = 0,
  widths = header.map(({ length }) => length),
): string[] => {
  for (const row of rows)
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column]!, columnWidth(cell));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const room = " ".repeat(widths[column]! - columnWidth(cell));
        return column < texts ? cell + room : room + cell;
      })
      .join("  ")
      .trimEnd();
  return [line(header), ...rows.map(line)];
};

/** A row under its header, in as many pieces as it takes for each to fit. */
export const rowTable = (header: readonly string[], row: readonly string[], width: number): string[] => {
  const pieces: { header: string[]; row: string[]; length: number }[] = [];
  for (const [column, name] of header.entries()) {
    const cell = row[column]!;
    const length = Math.max(name.length, cell.length);
    const last = pieces.at(-1);
    if (last === undefined || last.length + 2 + length > width) {
      pieces.push({ header: [name], row: [cell], length });
      continue;
    }
    last.header.push(name);
    last.row.push(cell);
    last.length += 2 + length;
  }
  return pieces.flatMap((piece) => table(piece.header, [piece.row]));
};
