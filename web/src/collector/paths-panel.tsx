import type { Path } from "../data/status-types.ts";
import { compact, count, share } from "../format/numbers.ts";
import { delay, duration, parseMs } from "../format/times.ts";
import { Panel } from "../parts/panel.tsx";

const HEADS: readonly (readonly [head: string, meaning: string, name?: string])[] = [
  ["Path", "name given by path= in the URL of its listeners"],
  ["State", "down: it brings nothing while the others bring what it should"],
  ["Listeners", "what is heard by it"],
  ["Expected", "numbers it should have brought: those of devices heard by it", "num"],
  ["Received", "of these: came by it", "num"],
  ["Only here", "of the received: no other path has brought them", "num"],
  ["Absent", "of the expected: did not come by it, or are still on the way", "num"],
  ["Loss", "absent of expected", "num"],
  ["Skew", "how much later than the first copy its second ones come: half of them were not later", "num"],
  ["Skew, 99 %", "99 of 100 were not later", "num"],
];

const Count = ({ value }: { value: number }) => (
  <td class={value === 0 ? "num zero" : "num"} title={count(value)}>
    {compact(value)}
  </td>
);

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
    <td>
      <span class="state" data-state={path.state}>
        {path.state}
      </span>{" "}
      <span class="note">for {duration(Math.max(0, (nowMs - parseMs(path.since)) / 1000))}</span>
    </td>
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
    <section class="scroll-x" tabIndex={0} aria-label="Table of paths">
      <table>
        <thead>
          <tr>
            {HEADS.map(([head, meaning, name]) => (
              <th key={head} scope="col" class={name} title={meaning}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {paths.map((path) => (
            <Row key={path.path} path={path} nowMs={nowMs} />
          ))}
        </tbody>
      </table>
    </section>
  </Panel>
);
