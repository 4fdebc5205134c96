import type { Listener } from "../data/status-types.ts";
import { listenerAddress, listenerReason, rejectedByReason } from "../format/listener-words.ts";
import { bytes, rate } from "../format/numbers.ts";
import { Panel } from "../parts/panel.tsx";
import { Count, CounterTable, type Head, StateCell } from "./counter-table.tsx";
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
      <StateCell state={state} since={since} nowMs={nowMs} />
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

const HEADS: readonly Head[] = [
  { label: "Listener" },
  { label: "State" },
  { label: "Group" },
  { label: "Rate", class: "num" },
  { label: "Datagrams", class: "num" },
  { label: "Duplicates", class: "num" },
  { label: "Rejected", class: "num" },
  { label: "Shed", class: "num" },
  { label: "Kernel drops", class: "num" },
  { label: "Buffer", class: "num" },
  { label: "Receive" },
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
    <CounterTable label="Table of listeners" heads={HEADS}>
      {listeners.map((listener) => (
        <Row key={listener.url} listener={listener} rates={rates} nowMs={nowMs} />
      ))}
    </CounterTable>
  </Panel>
);
