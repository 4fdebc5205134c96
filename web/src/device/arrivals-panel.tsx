import { devicePath } from "../data/fetch-json.ts";
import type { Arrivals } from "../data/types.ts";
import { usePoll } from "../data/use-poll.ts";
import { CopyCurl } from "../parts/copy-curl.tsx";
import { Panel } from "../parts/panel.tsx";
import { noTransitSentence } from "./arrival-words.ts";
import { DelayFigures } from "./delay-figures.tsx";
import { ReorderingFigures } from "./reordering-figures.tsx";

const heardOn = ({ epoch, run }: Arrivals): string => {
  if (run === null) return "";
  const numbering =
    epoch === null ? `run ${run}` : run === 0 ? `epoch ${epoch}` : `epoch ${epoch}, run ${run}`;
  return `${numbering}, since the collector's start`;
};

/** How the numbers of a device arrive: jitter, delay, reordering. */
export const ArrivalsPanel = ({ device, isUnnumbered }: { device: string; isUnnumbered: boolean }) => {
  const path = `${devicePath(device)}/arrivals`;
  const { data } = usePoll<Arrivals>(path, 2000);
  return (
    <Panel
      title="Jitter and reordering"
      aside={data === undefined ? "" : heardOn(data)}
      end={<CopyCurl path={path} />}
    >
      {data !== undefined && (
        <div class="arrivals">
          <div class="arrivals-part">
            <h3>Delay</h3>
            {data.transit === null ? (
              <p class="arrivals-words">{noTransitSentence(data, isUnnumbered)}</p>
            ) : (
              <DelayFigures transit={data.transit} />
            )}
          </div>
          {data.run !== null && !isUnnumbered && (
            <div class="arrivals-part">
              <h3>Reordering</h3>
              <ReorderingFigures reordering={data.reordering} />
            </div>
          )}
        </div>
      )}
    </Panel>
  );
};
