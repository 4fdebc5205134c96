import type { WriteStream } from "node:tty";

/** 12,345 */
export const count = (value: number | bigint): string => value.toLocaleString("en-US");
/** datagrams per second */
export const rate = (hz: number): string => `${count(Math.round(hz))}/s`;
/** 97.93 %; never rounded up to 100 while something is missing */
export const percent = (ratio: number | null): string => {
  if (ratio === null) return "–";
  const floored = Math.floor(ratio * 1e4) / 100;
  return `${floored.toFixed(2)} %`;
};

/** A loss is rounded up: 0.00 % means that there was none. */
export const lossPercent = (ratio: number | null): string =>
  ratio === null ? "–" : `${(Math.ceil(ratio * 1e4) / 100).toFixed(2)} %`;

const CLEAR_LINE = "\r\u001b[2K";
const CLEAR_BELOW = "\u001b[0J";

/** One line that is written over; nothing at all where the stream is not a terminal. */
export class LiveLine {
  readonly #stream: WriteStream;
  constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  show(text: string): void {
    if (this.#stream.isTTY) this.#stream.write(`${CLEAR_LINE}${text.slice(0, this.#stream.columns - 1)}`);
  }

  clear(): void {
    if (this.#stream.isTTY) this.#stream.write(CLEAR_LINE);
  }
}

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
      const fitted = lines.map((line) => line.slice(0, this.#stream.columns - 1));
      this.#stream.write(`${up}\r${CLEAR_BELOW}${fitted.join("\n")}\n`);
    } else {
      this.#stream.write(`${lines.join("\n")}\n`);
    }
    this.#height = lines.length;
  }
}

/** Columns of equal width, numbers to the right. */
export const table = (header: readonly string[], rows: readonly (readonly string[])[]): string[] => {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => cell.padStart(widths[column]!)).join("  ");
  return [line(header), ...rows.map(line)];
};
