import type { Listener } from "../data/status-types.ts";
import { listenerAddress, listenerReason, rejectedByReason } from "../format/listener-words.ts";
import { bytes, compact, count, rate } from "../format/numbers.ts";
import { duration, parseMs } from "../format/times.ts";
import { Panel } from "../parts/panel.tsx";
import type { Rates } from "./rates.ts";

const Membership = ({ group, interface: on, source }: Listener) =>
  group === null ? (
    <span class="zero">–</span>
  ) : (
    <span>
      {group}
      {source !== null && ` from ${source}`}
      {on !== null && <span class="note"> on {on}</span>}
    </span>
  );

const rejectedOf = ({ counters }: Listener): number =>
  Object.values(counters.rejected).reduce((sum, amount) => sum + amount, 0);

const Count = ({ value, title, isBad = false }: { value: number; title?: string; isBad?: boolean }) => (
  <td class={value === 0 ? "num zero" : isBad ? "num bad" : "num"} title={title ?? count(value)}>
    {compact(value)}
  </td>
);

const Row = ({ listener, rates, nowMs }: { listener: Listener; rates: Rates | undefined; nowMs: number }) => {
  const { url, state, reason, since, receive, receiveBuffer, kernelDrops, counters, format } = listener;
  const { grantedBytes, requestedBytes } = receiveBuffer;
  return (
    <tr>
      <th scope="row" class="listener-name" title={url}>
        {listenerAddress(listener)}
        <span class="note"> {format}</span>
        {state !== "OK" && reason !== null && (
          <span class="listener-reason">{listenerReason(url, reason)}</span>
        )}
      </th>
      <td>
        <span class="state" data-state={state}>
          {state}
        </span>{" "}
        <span class="note">for {duration(Math.max(0, (nowMs - parseMs(since)) / 1000))}</span>
      </td>
      <td>
        <Membership {...listener} />
      </td>
      <td class="num">{rate(rates?.listeners.get(url)?.datagrams ?? null)}</td>
      <Count value={counters.datagrams} />
      <Count value={counters.duplicates} />
      <Count value={rejectedOf(listener)} title={rejectedByReason(counters.rejected) || "none"} />
      <Count value={counters.shed} isBad />
      {kernelDrops === null ? (
        <td class="num zero" title="cannot be read here">
          –
        </td>
      ) : (
        <Count value={kernelDrops} isBad />
      )}
      <td class="num" title={requestedBytes === null ? "" : `asked for ${bytes(requestedBytes)}`}>
        {grantedBytes === null ? "–" : bytes(grantedBytes)}
      </td>
      <td>{receive}</td>
    </tr>
  );
};

const HEADS: readonly (readonly [string, string?])[] = [
  ["Listener"],
  ["State"],
  ["Group"],
  ["Rate", "num"],
  ["Datagrams", "num"],
  ["Duplicates", "num"],
  ["Rejected", "num"],
  ["Shed", "num"],
  ["Kernel drops", "num"],
  ["Buffer", "num"],
  ["Receive"],
];

export const ListenersPanel = ({
  listeners,
  rates,
  nowMs,
}: {
  listeners: readonly Listener[];
  rates: Rates | undefined;
  nowMs: number;
}) => (
  <Panel title="Listeners" aside="counters since the start">
    <section class="scroll-x" tabIndex={0} aria-label="Table of listeners">
      <table>
        <thead>
          <tr>
            {HEADS.map(([head, name]) => (
              <th key={head} scope="col" class={name}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {listeners.map((listener) => (
            <Row key={listener.url} listener={listener} rates={rates} nowMs={nowMs} />
          ))}
        </tbody>
      </table>
    </section>
  </Panel>
);
