import type { Ref } from "preact";
import { useState } from "preact/hooks";
import { type DeviceStatus, type FleetList, STATUSES } from "../data/types.ts";
import { count, plural } from "../format/numbers.ts";
import { Panel } from "../parts/panel.tsx";
import { SearchField } from "../parts/search-field.tsx";
import type { SetParameters } from "../use-place.ts";
import { DeviceTable } from "./device-table.tsx";
import { formatSorting, nextSorting, parseSorting } from "./sort.ts";

export interface DevicesPanelProps {
  section: Ref<HTMLElement>;
  parameters: URLSearchParams;
  setParameters: SetParameters;
  statuses: FleetList["statuses"] | undefined;
  /** the collector's clock; null = not known yet */
  nowMs: number | null;
}

const statusOf = (text: string | null): DeviceStatus | null =>
  STATUSES.find((known) => known === text) ?? null;

export const DevicesPanel = ({ section, parameters, setParameters, statuses, nowMs }: DevicesPanelProps) => {
  const search = parameters.get("search") ?? "";
  const status = statusOf(parameters.get("status"));
  const sorting = parseSorting(parameters.get("sort"));
  const [total, setTotal] = useState<number>();

  return (
    <Panel
      title="Devices"
      section={section}
      aside={total === undefined ? "" : plural(total, "device")}
      end={
        <>
          <select
            class="field"
            aria-label="Status"
            value={status ?? ""}
            onChange={(event) => setParameters({ status: event.currentTarget.value }, "push")}
          >
            <option value="">any status</option>
            {STATUSES.map((name) => (
              <option key={name} value={name}>
                {name}
                {statuses === undefined ? "" : ` (${count(statuses[name])})`}
              </option>
            ))}
          </select>
          <SearchField search={search} setParameters={setParameters} />
        </>
      }
    >
      <DeviceTable
        sorting={sorting}
        search={search}
        status={status}
        nowMs={nowMs}
        onTotal={setTotal}
        onSort={(key) => setParameters({ sort: formatSorting(nextSorting(sorting, key)) })}
      />
    </Panel>
  );
};
