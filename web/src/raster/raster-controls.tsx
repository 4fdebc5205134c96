import { count } from "../format/numbers.ts";
import { SearchField } from "../parts/search-field.tsx";
import type { SetParameters } from "../use-place.ts";
import { formatSize, RASTER_SORTS, type RasterSort, SIZES } from "./use-raster.ts";

export interface RasterControlsProps {
  size: number;
  sort: RasterSort;
  search: string;
  setParameters: SetParameters;
}

export const RasterControls = ({ size, sort, search, setParameters }: RasterControlsProps) => (
  <>
    <label class="labelled">
      Numbers per cell
      <select
        class="field"
        value={String(size)}
        onChange={(event) => setParameters({ size: formatSize(Number(event.currentTarget.value)) }, "push")}
      >
        {SIZES.map((option) => (
          <option key={option} value={String(option)}>
            {count(option)}
          </option>
        ))}
      </select>
    </label>
    <select
      class="field"
      aria-label="Order"
      value={sort}
      onChange={(event) =>
        setParameters({ sort: event.currentTarget.value === "id" ? null : event.currentTarget.value }, "push")
      }
    >
      {RASTER_SORTS.map(([option, text]) => (
        <option key={option} value={option}>
          {text}
        </option>
      ))}
    </select>
    <SearchField search={search} setParameters={setParameters} />
  </>
);
