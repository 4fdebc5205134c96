import { useMemo, useRef } from "preact/hooks";
import { BINS } from "../bins/bins.ts";
import { query } from "../data/fetch-json.ts";
import { plural } from "../format/numbers.ts";
import { CopyCurl } from "../parts/copy-curl.tsx";
import { FailureNote } from "../parts/failure-note.tsx";
import { useKeptScroll } from "../parts/kept-scroll.ts";
import { Legend } from "../parts/legend.tsx";
import { Panel } from "../parts/panel.tsx";
import { useWidth } from "../parts/use-width.ts";
import { useVirtualWindow } from "../parts/virtual-window.ts";
import { formatPlace } from "../routing.ts";
import { useWallScale } from "../scale.ts";
import type { SetParameters } from "../use-place.ts";
import { geometryAt } from "./geometry.ts";
import { RasterControls } from "./raster-controls.tsx";
import { RasterGrid } from "./raster-grid.tsx";
import { parseSize, parseSort, useRaster } from "./use-raster.ts";

export interface RasterViewProps {
  parameters: URLSearchParams;
  setParameters: SetParameters;
}

/** the others cannot be told apart from these block by block */
const SHOWN_BINS = BINS.filter(({ key }) => key !== "reordered");
const MOST_BLOCKS = 1000;

/** Loss as a picture: one row per device, one cell per block of its sequence numbers, the newest at the right. */
export const RasterView = ({ parameters, setParameters }: RasterViewProps) => {
  const size = parseSize(parameters.get("size"));
  const sort = parseSort(parameters.get("sort"));
  const search = parameters.get("search") ?? "";
  const scroller = useRef<HTMLDivElement>(null);
  const canvasPlace = useRef<HTMLDivElement>(null);
  const width = useWidth(canvasPlace);
  const scale = useWallScale();
  const geometry = useMemo(() => geometryAt(scale), [scale]);
  const seen = useVirtualWindow(scroller, geometry.row);
  const blocks = Math.min(MOST_BLOCKS, Math.max(1, Math.floor(width / geometry.cell)));
  const { total, ids, raster, failure } = useRaster({
    first: seen.first,
    visible: seen.visible,
    search,
    sort,
    size,
    blocks,
  });
  useKeptScroll(scroller, "raster", `${sort} ${search}`, total !== undefined);

  return (
    <Panel
      title="Sequence raster"
      aside={total === undefined ? "" : `${plural(total, "device")}, a cell is ${plural(size, "number")}`}
      end={
        <>
          <RasterControls size={size} sort={sort} search={search} setParameters={setParameters} />
          {ids.length > 0 && <CopyCurl path={`raster${query({ device: ids, size, blocks })}`} />}
        </>
      }
    >
      <div class="panel-body raster-key">
        <Legend bins={SHOWN_BINS} />
        <p class="note">
          The newest numbers are at the right. A cell has the colour of the worst that befell any of its
          numbers; what came while its gap was still open counts as in order. A line before a cell: the device
          restarted. An empty frame: too old, what is absent there is only counted.
        </p>
      </div>
      <FailureNote what="The cells could not be read" failure={failure} />
      {total === 0 && (
        <p class="empty">
          {search === "" ? (
            <>
              No device yet. <a href={formatPlace("fleet")}>The fleet's page</a> tells how to make one.
            </>
          ) : (
            "No device matches."
          )}
        </p>
      )}
      <RasterGrid
        scroller={scroller}
        canvasPlace={canvasPlace}
        total={total ?? 0}
        first={seen.first}
        visible={seen.visible}
        ids={ids}
        raster={raster}
        size={size}
        blocks={blocks}
        width={width}
        geometry={geometry}
      />
    </Panel>
  );
};
