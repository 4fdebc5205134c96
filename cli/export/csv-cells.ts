/** The cells of the first record of a CSV text (RFC 4180). */
export const csvCells = (text: string): string[] => {
  const cells: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  for (;;) {
    const [, quoted, plain = "", end] = cell.exec(text) ?? [];
    cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end !== ",") return cells;
  }
};
