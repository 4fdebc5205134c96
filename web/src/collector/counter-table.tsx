import type { ComponentChildren } from "preact";
import { compact, count } from "../format/numbers.ts";
import { duration, parseMs } from "../format/times.ts";

export interface Head {
  label: string;
  meaning?: string;
  class?: "num";
}

export interface CounterTableProps {
  label: string;
  heads: readonly Head[];
  children: ComponentChildren;
}

/** What each of a few listeners or paths has counted, row by row. */
export const CounterTable = ({ label, heads, children }: CounterTableProps) => (
  <section class="scroll-x" tabIndex={0} aria-label={label}>
    <table>
      <thead>
        <tr>
          {heads.map(({ label: head, meaning, class: name }) => (
            <th key={head} scope="col" class={name} title={meaning}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  </section>
);

/** @param isBad - every one but 0 is trouble */
export const Count = ({
  value,
  title = count(value),
  isBad = false,
}: {
  value: number;
  title?: string;
  isBad?: boolean;
}) => (
  <td class={value === 0 ? "num zero" : isBad ? "num bad" : "num"} title={title}>
    {compact(value)}
  </td>
);

/** A state, and for how long it has been so. */
export const StateCell = ({ state, since, nowMs }: { state: string; since: string; nowMs: number }) => (
  <td>
    <span class="state" data-state={state}>
      {state}
    </span>{" "}
    <span class="note">for {duration(Math.max(0, (nowMs - parseMs(since)) / 1000))}</span>
  </td>
);
