import { useRef, useState } from "preact/hooks";
import { collectorNow } from "../data/clock.ts";
import { devicePath } from "../data/fetch-json.ts";
import type { Device, DeviceLedger } from "../data/types.ts";
import { useNow } from "../data/use-now.ts";
import { usePoll } from "../data/use-poll.ts";
import { decoded, formatPlace } from "../routing.ts";
import type { SetParameters } from "../use-place.ts";
import { ArrivalsPanel } from "./arrivals-panel.tsx";
import { ChartsPanel } from "./charts-panel.tsx";
import { isUnnumbered } from "./complete-sentence.ts";
import { DeviceHead } from "./device-head.tsx";
import { GapsPanel, stateOf } from "./gaps-panel.tsx";
import { FEW_RUNS, LedgerPanel } from "./ledger-panel.tsx";
import { formatRange, parseRange, type Range } from "./range.ts";

export interface DeviceViewProps {
  device: string;
  parameters: URLSearchParams;
  setParameters: SetParameters;
}

const chosenOf = (text: string | null): string[] | null =>
  text === null ? null : text.split(",").filter(Boolean).map(decoded);

/** Everything about one device. */
export const DeviceView = ({ device: id, parameters, setParameters }: DeviceViewProps) => {
  const path = devicePath(id);
  const device = usePoll<Device>(path, 1000);
  const [mostRuns, setMostRuns] = useState(FEW_RUNS);
  const ledger = usePoll<DeviceLedger>(`${path}/ledger?limit=${mostRuns}`, 1000);
  // drawn again as time goes on
  useNow();
  const range = parseRange(parameters);
  const charts = useRef<HTMLElement>(null);
  const lookAt = (next: Range): void => {
    setParameters(formatRange(next), "push");
    // the list of gaps is far below them
    charts.current!.scrollIntoView({ block: "nearest" });
    charts.current!.focus({ preventScroll: true });
  };

  if (device.failure?.status === 404) {
    return (
      <section class="panel empty">
        <p>
          There is no device “<bdi>{id}</bdi>”. It may not have sent anything yet.
        </p>
        <p>
          <a href={formatPlace("fleet", "", { search: id.slice(0, 64) })}>Search the fleet for it</a>
        </p>
      </section>
    );
  }
  if (device.data === undefined || ledger.data === undefined)
    return <section class="panel empty">Asking …</section>;
  return (
    <>
      <DeviceHead device={device.data} total={ledger.data.total} nowMs={collectorNow()} />
      <ChartsPanel
        device={id}
        place={charts}
        channels={device.data.channels}
        chosen={chosenOf(parameters.get("channels"))}
        range={range}
        onRange={(next, how = "push") => setParameters(formatRange(next), how)}
        onChosen={(names) => setParameters({ channels: names.map(encodeURIComponent).join(",") || "," })}
      />
      <LedgerPanel device={id} ledger={ledger.data} onMost={setMostRuns} />
      <ArrivalsPanel device={id} isUnnumbered={isUnnumbered(ledger.data.total)} />
      <GapsPanel
        device={id}
        channel={device.data.channels[0]?.name}
        range={range}
        isUnnumbered={isUnnumbered(ledger.data.total)}
        state={stateOf(parameters.get("gaps"))}
        onState={(state) => setParameters({ gaps: state })}
        onRange={lookAt}
      />
    </>
  );
};
