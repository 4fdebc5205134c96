import { useEffect, useRef } from "preact/hooks";
import { CollectorView } from "./collector/collector-view.tsx";
import { useLostSince } from "./data/connection.ts";
import { useLiveStream } from "./data/live.ts";
import { DeviceView } from "./device/device-view.tsx";
import { FleetView } from "./fleet/fleet-view.tsx";
import { StaleNote } from "./parts/stale-note.tsx";
import { TokenGate } from "./parts/token-gate.tsx";
import { TopBar } from "./parts/top-bar.tsx";
import { TroubleNote } from "./parts/trouble-note.tsx";
import { RasterView } from "./raster/raster-view.tsx";
import type { Place } from "./routing.ts";
import { type SetParameters, usePlace } from "./use-place.ts";

const TITLES = { fleet: "Fleet", raster: "Raster", collector: "Collector" };

const View = ({ place, setParameters }: { place: Place; setParameters: SetParameters }) => {
  switch (place.view) {
    case "fleet":
      return <FleetView parameters={place.parameters} setParameters={setParameters} />;
    case "device":
      return (
        <DeviceView
          key={place.device}
          device={place.device}
          parameters={place.parameters}
          setParameters={setParameters}
        />
      );
    case "raster":
      return <RasterView parameters={place.parameters} setParameters={setParameters} />;
    case "collector":
      return <CollectorView />;
  }
};

export const App = () => {
  const { place, setParameters } = usePlace();
  const lostSince = useLostSince();
  useLiveStream(place.device);
  const title = place.view === "device" ? place.device : TITLES[place.view];
  const heading = useRef<HTMLHeadingElement>(null);
  const before = useRef(title);
  useEffect(() => {
    document.title = `${title} – Lacuna`;
    // what had the focus went with the page before: nobody who does not see would learn that there is another one
    if (before.current !== title) heading.current!.focus({ preventScroll: true });
    before.current = title;
  }, [title]);
  return (
    <div class="frame">
      <TopBar view={place.view} />
      <StaleNote />
      <main class="content" data-stale={lostSince === null ? undefined : ""}>
        <h1 class="hidden-visually" tabIndex={-1} ref={heading}>
          {title}
        </h1>
        <TokenGate>
          {place.view !== "collector" && <TroubleNote />}
          <View place={place} setParameters={setParameters} />
        </TokenGate>
      </main>
    </div>
  );
};
