import { binNumbers } from "../bins/bin-numbers.ts";
import { BINS } from "../bins/bins.ts";
import {
  type DeviceStatus,
  type FleetLedger,
  type FleetList,
  type History,
  STATUSES,
} from "../data/types.ts";
import { completeness, count, rate, share } from "../format/numbers.ts";
import { BinBar } from "../parts/bin-bar.tsx";
import { Fact } from "../parts/fact.tsx";
import type { Step } from "./settled-steps.ts";
import { completenessOf, lately, MINUTE, rawLossOf, residualOf, spanOfStep } from "./trend.ts";
import { notStored, verdict } from "./verdict.ts";

const BigNumber = ({ ratio }: { ratio: number | null }) => {
  const [number, unit = ""] = completeness(ratio).split(/(?= %)/);
  return (
    <p class="hero-number">
      {number}
      <small>{unit}</small>
    </p>
  );
};

const BinRows = ({ trend }: { trend: Step }) => {
  const numbers = binNumbers(trend);
  return (
    <ul class="bin-list">
      {BINS.filter(({ key }) => numbers[key] > 0).map(({ key, token, label, meaning }) => (
        <li key={key} title={meaning}>
          <span class={`swatch ${token}`} />
          {label}
          <span class="figures">
            {count(numbers[key])}
            <span class="share">{share(numbers[key] / trend.expected)}</span>
          </span>
        </li>
      ))}
    </ul>
  );
};

/** The way to the list of devices of one status. */
export interface ListLink {
  hrefOf(status: DeviceStatus): string;
  /** the list may lie below what is in sight */
  onFollow(): void;
}

/** Devices that are not online, by status: each count leads to their list. */
const NotOnline = ({ statuses, list }: { statuses: FleetList["statuses"]; list: ListLink }) => (
  <ul class="not-online">
    {STATUSES.filter((status) => status !== "online" && statuses[status] > 0).map((status) => (
      <li key={status}>
        <a href={list.hrefOf(status)} onClick={list.onFollow}>
          {count(statuses[status])} {status}
        </a>
      </li>
    ))}
  </ul>
);

const Facts = ({
  ledger,
  trend,
  statuses,
  list,
}: {
  ledger: FleetLedger;
  trend: Step;
  statuses: FleetList["statuses"] | undefined;
  list: ListLink;
}) => {
  const { total } = ledger;
  const all =
    statuses === undefined ? null : Object.values(statuses).reduce((sum, amount) => sum + amount, 0);
  const { expected } = trend;
  return (
    <dl class="hero-facts">
      <Fact name="Devices online">
        {statuses === undefined ? "–" : count(statuses.online)}
        {all !== null && <small> of {count(all)}</small>}
        {statuses !== undefined && <NotOnline statuses={statuses} list={list} />}
      </Fact>
      <Fact name="Datagrams">{rate((trend.datagrams * 1000) / (trend.toMs - trend.fromMs))}</Fact>
      <Fact name="Raw loss, residual loss">
        <span>{expected === 0 ? "–" : share(rawLossOf(trend) / expected)}</span> <small>→</small>{" "}
        <span>{expected === 0 ? "–" : share(residualOf(trend) / expected)}</span>
      </Fact>
      <Fact name="Complete since the beginning">
        <span>{completeness(total.completeness)}</span> <small>of {count(total.expected)}</small>
      </Fact>
    </dl>
  );
};

export interface NowPanelProps {
  ledger: FleetLedger | undefined;
  recent: History | undefined;
  statuses: FleetList["statuses"] | undefined;
  list: ListLink;
}

/** The answer of five seconds: one number, what it means, and whose fault the rest is. */
export const NowPanel = ({ ledger, recent, statuses, list }: NowPanelProps) => {
  if (ledger === undefined || recent === undefined)
    return <section class="panel hero empty">Asking …</section>;
  const trend = lately(recent.samples, MINUTE);
  if (trend === undefined) return <section class="panel hero empty">Counting the first seconds …</section>;
  const ratio = completenessOf(trend);
  const span = spanOfStep(trend);
  return (
    <section class="panel hero" aria-label="Completeness now">
      <div>
        <p class="hero-label">Complete in {span}</p>
        <BigNumber ratio={ratio} />
      </div>
      <p class="hero-verdict">
        {verdict(trend, span)}
        {notStored(ledger.total.pending)}
      </p>
      {trend.expected > 0 && <BinBar bins={trend} />}
      <BinRows trend={trend} />
      <Facts ledger={ledger} trend={trend} statuses={statuses} list={list} />
    </section>
  );
};
