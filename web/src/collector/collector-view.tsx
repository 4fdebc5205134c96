import { bytes, count, rate } from "../format/numbers.ts";
import { duration, fullTime, parseMs } from "../format/times.ts";
import { Fact } from "../parts/fact.tsx";
import { DatabasePanel } from "./database-panel.tsx";
import { FindingsPanel } from "./findings-panel.tsx";
import { ListenersPanel } from "./listeners-panel.tsx";
import { MachineryPanel } from "./machinery-panel.tsx";
import { PathsPanel } from "./paths-panel.tsx";
import { useStatus } from "./use-status.ts";

/** The collector itself: what it hears, where it could lose, what it writes. */
export const CollectorView = () => {
  const { status, rates } = useStatus();
  if (status === undefined) return <section class="panel empty">Asking …</section>;
  const nowMs = parseMs(status.now);
  return (
    <>
      <section class="panel collector-head" aria-label="Collector">
        <dl class="facts">
          <Fact name="Datagrams">{rate(rates?.datagrams ?? null)}</Fact>
          <Fact name="Payload">{rates === undefined ? "–" : `${bytes(Math.round(rates.bytes))}/s`}</Fact>
          <Fact name="Devices known">{count(status.devices)}</Fact>
          <Fact name="Running for" title={fullTime(parseMs(status.startedAt))}>
            {duration(status.uptimeSeconds)}
          </Fact>
          <Fact name="Lacuna">{status.version}</Fact>
        </dl>
      </section>
      <FindingsPanel findings={status.findings} />
      <ListenersPanel listeners={status.listeners} rates={rates} nowMs={nowMs} />
      {status.paths.length > 0 && <PathsPanel paths={status.paths} nowMs={nowMs} />}
      <div class="collector-parts">
        <MachineryPanel threads={status.threads} queues={status.queues} />
        <DatabasePanel database={status.database} rates={rates} nowMs={nowMs} />
      </div>
    </>
  );
};
