import { useEffect, useRef } from "preact/hooks";
import { binOf } from "../bins/bins.ts";
import { collectorNow } from "../data/clock.ts";
import { devicePath, query } from "../data/fetch-json.ts";
import type { Gap, GapList } from "../data/types.ts";
import { usePollOf } from "../data/use-poll.ts";
import { count } from "../format/numbers.ts";
import { duration, fullTime, parseMs } from "../format/times.ts";
import { Choice } from "../parts/choice.tsx";
import { CopyCurl } from "../parts/copy-curl.tsx";
import { Panel } from "../parts/panel.tsx";
import { findGap } from "./place-of-gap.ts";
import { lookedAt, type Range } from "./range.ts";

const STATES = [
  ["", "all"],
  ["lost", "lost"],
  ["open", "open"],
  ["filled", "filled"],
] as const;
type State = (typeof STATES)[number][0];

export const stateOf = (text: string | null): State => STATES.find(([state]) => state === text)?.[0] ?? "";

const MOST_ROWS = 200;
const PAGE = 1000;

const pathOf = (device: string, range: Range, state: State): string => {
  const from =
    range.kind === "all"
      ? null
      : range.kind === "fixed"
        ? range.fromMs
        : collectorNow() - range.seconds * 1000;
  return `${devicePath(device)}/gaps${query({
    from: from === null ? null : new Date(from).toISOString(),
    to: range.kind === "fixed" ? new Date(range.toMs).toISOString() : null,
    state: state === "" ? null : state,
    order: "desc",
    limit: PAGE,
  })}`;
};

/** Of gaps noticed at one moment the greatest numbers come first, as the API tells them. */
const laterNoticed = (a: Gap, b: Gap): number =>
  a.openedAt === b.openedAt ? 0 : a.openedAt < b.openedAt ? 1 : -1;

/** What became of the numbers, in the colour of their bin. */
const Fate = ({ state, cause, arrival }: Gap) => {
  const bin = binOf(state === "open" ? "missing" : (arrival ?? cause ?? "undetermined"));
  return (
    <span class="fate" title={bin.meaning}>
      <span class={`swatch ${bin.token}`} />
      {bin.label}
    </span>
  );
};

export interface GapsPanelProps {
  device: string;
  /** any of its channels; undefined: it has none */
  channel: string | undefined;
  range: Range;
  state: State;
  /** its datagrams have no numbers */
  isUnnumbered: boolean;
  onState: (state: State) => void;
  onRange: (range: Range) => void;
}

/** Absent ranges of the stretch of time that is shown, newest first. */
export const GapsPanel = ({
  device,
  channel,
  range,
  state,
  isUnnumbered,
  onState,
  onRange,
}: GapsPanelProps) => {
  const { data, path } = usePollOf<GapList>(
    JSON.stringify([device, range, state]),
    () => pathOf(device, range, state),
    2000,
  );
  const gaps = (data?.gaps ?? []).toSorted(laterNoticed);
  const looking = useRef<AbortController | null>(null);
  useEffect(() => () => looking.current?.abort(), []);
  const look = (gap: Gap) => async (): Promise<void> => {
    looking.current?.abort();
    const abort = new AbortController();
    looking.current = abort;
    const place = await findGap(gap, channel, abort.signal);
    // another one was clicked, or the page was left
    if (!abort.signal.aborted) onRange(lookedAt(place));
  };
  return (
    <Panel
      title="Gaps"
      aside={
        data === undefined || isUnnumbered
          ? ""
          : `${data.next === null ? "" : "more than "}${count(gaps.length)} noticed in this span`
      }
      end={
        <>
          <Choice label="State" options={STATES} value={state} onChange={onState} />
          {path !== null && <CopyCurl path={path} />}
        </>
      }
    >
      <section class="gap-scroll" tabIndex={0} aria-label="Table of gaps">
        <table>
          <thead>
            <tr>
              <th
                scope="col"
                title="When the collector noticed it, by its own clock; the charts go by the clock of the device"
              >
                Noticed
              </th>
              <th scope="col">Numbers</th>
              <th scope="col" class="num">
                Count
              </th>
              <th scope="col">What became of them</th>
              <th scope="col" class="num">
                Asked
              </th>
              <th scope="col" class="num">
                Decided after
              </th>
              <th scope="col" class="num">
                Epoch
              </th>
            </tr>
          </thead>
          <tbody>
            {gaps.slice(0, MOST_ROWS).map((gap) => (
              <tr key={`${gap.epoch} ${gap.run} ${gap.first}`}>
                <td>
                  <button type="button" class="link" onClick={look(gap)} title="Look at it in the charts">
                    {fullTime(parseMs(gap.openedAt))}
                  </button>
                </td>
                <td>
                  {gap.first === gap.last ? count(gap.first) : `${count(gap.first)} – ${count(gap.last)}`}
                </td>
                <td class="num">{count(gap.count)}</td>
                <td>
                  <Fate {...gap} />
                </td>
                <td class={gap.requests === 0 ? "num zero" : "num"}>{count(gap.requests)}</td>
                <td class="num">
                  {gap.closedAt === null
                    ? "–"
                    : duration((parseMs(gap.closedAt) - parseMs(gap.openedAt)) / 1000)}
                </td>
                <td class="num">{gap.epoch ?? "–"}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {gaps.length === 0 && data !== undefined && (
          <p class="empty">
            {isUnnumbered
              ? "Its datagrams have no numbers: what was lost is unknown."
              : "No gap was noticed in this span of time. The charts go by the clock of the device."}
          </p>
        )}
        {gaps.length > MOST_ROWS && <p class="empty">The newest {MOST_ROWS} of them.</p>}
      </section>
    </Panel>
  );
};
