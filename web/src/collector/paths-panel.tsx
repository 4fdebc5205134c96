import type { Path } from "../data/status-types.ts";
import { share } from "../format/numbers.ts";
import { delay } from "../format/times.ts";
import { Panel } from "../parts/panel.tsx";
import { Count, CounterTable, type Head, StateCell } from "./counter-table.tsx";

const HEADS: readonly Head[] = [
  { label: "Path", meaning: "name given by path= in the URL of its listeners" },
  { label: "State", meaning: "down: it brings nothing while the others bring what it should" },
  { label: "Listeners", meaning: "what is heard by it" },
  {
    label: "Expected",
    class: "num",
    meaning: "numbers it should have brought: those of devices heard by it",
  },
  { label: "Received", class: "num", meaning: "of these: came by it" },
  { label: "Only here", class: "num", meaning: "of the received: no other path has brought them" },
  { label: "Absent", class: "num", meaning: "of the expected: did not come by it, or are still on the way" },
  { label: "Loss", class: "num", meaning: "absent of expected" },
  {
    label: "Skew",
    class: "num",
    meaning: "how much later than the first copy its second ones come: half of them were not later",
  },
  { label: "Skew, 99 %", class: "num", meaning: "99 of 100 were not later" },
];

const Skew = ({ seconds }: { seconds: number | null }) =>
  seconds === null ? (
    <td class="num zero" title="it brought no second copy">
      –
    </td>
  ) : (
    <td class="num">{delay(seconds)}</td>
  );

const Row = ({ path, nowMs }: { path: Path; nowMs: number }) => (
  <tr>
    <th scope="row">{path.path ?? <span class="note">without a name</span>}</th>
    <StateCell state={path.state} since={path.since} nowMs={nowMs} />
    <td>
      {path.listeners.map((url) => (
        <span key={url} class="path-listener">
          {url}
        </span>
      ))}
    </td>
    <Count value={path.expected} />
    <Count value={path.received} />
    <Count value={path.onlyHere} />
    <Count value={path.absent} />
    <td class={path.loss === 0 ? "num zero" : "num"}>{path.loss === null ? "–" : share(path.loss)}</td>
    <Skew seconds={path.skew.medianSeconds} />
    <Skew seconds={path.skew.p99Seconds} />
  </tr>
);

/** What each of several paths brought: what one loses the other brings. */
export const PathsPanel = ({ paths, nowMs }: { paths: readonly Path[]; nowMs: number }) => (
  <Panel title="Paths" aside="what is absent on one is lost only when no other brings it">
    <CounterTable label="Table of paths" heads={HEADS}>
      {paths.map((path) => (
        <Row key={path.path} path={path} nowMs={nowMs} />
      ))}
    </CounterTable>
  </Panel>
);
