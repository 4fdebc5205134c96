import { useEffect, useState } from "preact/hooks";
import { count } from "../format/numbers.ts";
import type { SetParameters } from "../use-place.ts";
import { formatSize, RASTER_SORTS, type RasterSort, SIZES } from "./use-raster.ts";

export interface RasterControlsProps {
  size: number;
  sort: RasterSort;
  search: string;
  setParameters: SetParameters;
}

export const RasterControls = ({ size, sort, search, setParameters }: RasterControlsProps) => {
  const [typed, setTyped] = useState(search);
  useEffect(() => setTyped(search), [search]);
  useEffect(() => {
    if (typed === search) return;
    const timer = setTimeout(() => setParameters({ search: typed.slice(0, 64) }), 200);
    return () => clearTimeout(timer);
  }, [typed, search, setParameters]);
  return (
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
          setParameters(
            { sort: event.currentTarget.value === "id" ? null : event.currentTarget.value },
            "push",
          )
        }
      >
        {RASTER_SORTS.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
      <input
        class="field"
        type="search"
        placeholder="Search devices"
        aria-label="Search devices"
        value={typed}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
    </>
  );
};
