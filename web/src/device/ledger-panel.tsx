import { LOST_BINS } from "../bins/bins.ts";
import { devicePath } from "../data/fetch-json.ts";
import type { Causes, DeviceLedger, Total } from "../data/types.ts";
import { completeness, count } from "../format/numbers.ts";
import { CopyCurl } from "../parts/copy-curl.tsx";
import { Panel } from "../parts/panel.tsx";
import { isUnnumbered } from "./complete-sentence.ts";
import { numbersOf } from "./numbers-of.ts";

const COLUMNS = [
  "expected",
  "received",
  "inOrder",
  "reordered",
  "recovered",
  "late",
  "missing",
  "lost",
] as const;
const HEADS: Record<(typeof COLUMNS)[number], string> = {
  expected: "Expected",
  received: "Received",
  inOrder: "In order",
  reordered: "Reordered",
  recovered: "Recovered",
  late: "Late",
  missing: "Missing",
  lost: "Lost",
};
/** runs at first, and after a click: of a device that restarts all day, which has very many, no more are asked for each second */
export const FEW_RUNS = 8;
const MOST_RUNS = 500;

/** How many of datagrams without a number were lost: that is not 0. */
const isNotKnown = (row: Total, column: (typeof COLUMNS)[number]): boolean =>
  isUnnumbered(row) && (column === "missing" || column === "lost");

const Numbers = ({ row }: { row: Total }) => (
  <>
    {COLUMNS.map((column) => (
      <td key={column} class={row[column] === 0 ? "num zero" : "num"}>
        {isNotKnown(row, column) ? "–" : count(row[column])}
      </td>
    ))}
    <td>
      <ul class="legend by-cause">
        {LOST_BINS.filter(({ key }) => row.causes[key as keyof Causes] > 0).map(({ key, token, label }) => (
          <li key={key} title={label}>
            <span class={`swatch ${token}`} />
            {label} {count(row.causes[key as keyof Causes])}
          </li>
        ))}
      </ul>
    </td>
    <td class="num">{completeness(row.completeness)}</td>
  </>
);

const LeftOut = ({ ledger, onMost }: Pick<LedgerPanelProps, "ledger" | "onMost">) => {
  const shown = ledger.epochs.length;
  const older = ledger.runs - shown;
  if (older <= 0) return null;
  if (shown >= MOST_RUNS)
    return (
      <p class="more">
        {count(older)} older runs are left out: “copy as curl” has all {count(ledger.runs)}
      </p>
    );
  const next = Math.min(older, MOST_RUNS - shown);
  return (
    <p class="more">
      <button type="button" class="link" onClick={() => onMost(MOST_RUNS)}>
        Show {count(next)} {next < older && `of ${count(older)} `}older runs
      </button>
    </p>
  );
};

export interface LedgerPanelProps {
  device: string;
  ledger: DeviceLedger;
  /** so many runs are to be asked for from now on */
  onMost: (most: number) => void;
}

/** Every bin, by start of the sender. */
export const LedgerPanel = ({ device, ledger, onMost }: LedgerPanelProps) => {
  return (
    <Panel
      title="Ledger"
      aside="every number in exactly one bin"
      end={<CopyCurl path={`${devicePath(device)}/ledger`} />}
    >
      <section class="scroll-x" tabIndex={0} aria-label="Table of epochs and runs">
        <table>
          <thead>
            <tr>
              <th scope="col">Epoch</th>
              <th scope="col">Run</th>
              <th
                scope="col"
                title="? before: its beginning is not known. … after: it goes on, or its end is not known"
              >
                Numbers
              </th>
              {COLUMNS.map((column) => (
                <th key={column} scope="col" class="num">
                  {HEADS[column]}
                </th>
              ))}
              <th scope="col">Lost by cause</th>
              <th scope="col" class="num">
                Complete
              </th>
            </tr>
          </thead>
          <tbody>
            {ledger.epochs.toReversed().map((row) => (
              <tr key={`${row.epoch} ${row.run}`}>
                <td>{row.epoch ?? "–"}</td>
                <td>{row.run}</td>
                <td>{numbersOf(row)}</td>
                <Numbers row={row} />
              </tr>
            ))}
            <tr class="total">
              <th scope="row" colSpan={3}>
                All
              </th>
              <Numbers row={ledger.total} />
            </tr>
          </tbody>
        </table>
      </section>
      <LeftOut ledger={ledger} onMost={onMost} />
    </Panel>
  );
};
