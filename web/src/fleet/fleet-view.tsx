import { parseMs } from "../format/times.ts";
import type { SetParameters } from "../use-place.ts";
import { DevicesPanel } from "./devices-panel.tsx";
import { EventsPanel } from "./events-panel.tsx";
import { NowPanel } from "./now-panel.tsx";
import { TrendPanel } from "./trend-panel.tsx";
import { SPANS, type Span, useFleet } from "./use-fleet.ts";

export interface FleetViewProps {
  parameters: URLSearchParams;
  setParameters: SetParameters;
}

const spanOf = (text: string | null): Span => (text !== null && text in SPANS ? (text as Span) : "10m");

/** How complete is everything right now, what became of it lately, and how is each device? */
export const FleetView = ({ parameters, setParameters }: FleetViewProps) => {
  const span = spanOf(parameters.get("span"));
  const { ledger, recent, history, statuses } = useFleet(span);
  const newest = recent?.samples.at(-1);
  return (
    <>
      <div class="fleet-now">
        <NowPanel ledger={ledger} recent={recent} statuses={statuses} />
        <TrendPanel
          history={history}
          span={span}
          onSpan={(next) => setParameters({ span: next === "10m" ? null : next }, "push")}
        />
      </div>
      <div class="fleet-more">
        <DevicesPanel
          parameters={parameters}
          setParameters={setParameters}
          statuses={statuses}
          nowMs={newest === undefined ? null : parseMs(newest.time)}
        />
        <EventsPanel />
      </div>
    </>
  );
};
