import { useEffect, useState } from "preact/hooks";
import { type DeviceStatus, type FleetList, STATUSES } from "../data/types.ts";
import { count, plural } from "../format/numbers.ts";
import { Panel } from "../parts/panel.tsx";
import type { SetParameters } from "../use-place.ts";
import { DeviceTable } from "./device-table.tsx";
import { formatSorting, nextSorting, parseSorting } from "./sort.ts";

export interface DevicesPanelProps {
  parameters: URLSearchParams;
  setParameters: SetParameters;
  statuses: FleetList["statuses"] | undefined;
  /** the collector's clock; null = not known yet */
  nowMs: number | null;
}

const statusOf = (text: string | null): DeviceStatus | null =>
  STATUSES.find((known) => known === text) ?? null;

export const DevicesPanel = ({ parameters, setParameters, statuses, nowMs }: DevicesPanelProps) => {
  const search = parameters.get("search") ?? "";
  const status = statusOf(parameters.get("status"));
  const sorting = parseSorting(parameters.get("sort"));
  const [typed, setTyped] = useState(search);
  const [total, setTotal] = useState<number>();

  // the URL changed from outside: a link, the way back
  useEffect(() => setTyped(search), [search]);
  useEffect(() => {
    if (typed === search) return;
    const timer = setTimeout(() => setParameters({ search: typed.slice(0, 64) }), 200);
    return () => clearTimeout(timer);
  }, [typed, search, setParameters]);

  return (
    <Panel
      title="Devices"
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
          <input
            class="field"
            type="search"
            placeholder="Search devices"
            aria-label="Search devices"
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
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
