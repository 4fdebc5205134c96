import { useRef } from "preact/hooks";
import type { DeviceStatus } from "../data/types.ts";
import { parseMs } from "../format/times.ts";
import { formatPlace } from "../routing.ts";
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

const spanOf = (text: string | null): Span =>
  text !== null && Object.hasOwn(SPANS, text) ? (text as Span) : "10m";

/** How complete is everything right now, what became of it lately, and how is each device? */
export const FleetView = ({ parameters, setParameters }: FleetViewProps) => {
  const span = spanOf(parameters.get("span"));
  const { ledger, recent, history, statuses } = useFleet(span);
  const section = useRef<HTMLElement>(null);
  const list = {
    // a count is of all devices, whatever is searched for; the rest of the view stays as it is
    hrefOf: (status: DeviceStatus) =>
      formatPlace("fleet", "", { ...Object.fromEntries(parameters), search: null, status }),
    onFollow: () => {
      section.current!.scrollIntoView();
      section.current!.focus({ preventScroll: true });
    },
  };
  const newest = recent?.samples.at(-1);
  return (
    <>
      <div class="fleet-now">
        <NowPanel ledger={ledger} recent={recent} statuses={statuses} list={list} />
        <TrendPanel
          history={history}
          span={span}
          onSpan={(next) => setParameters({ span: next === "10m" ? null : next }, "push")}
        />
      </div>
      <div class="fleet-more">
        <DevicesPanel
          section={section}
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
