import { LOST_BINS } from "../bins/bins.ts";
import type { FleetDevice, RasterDevice } from "../data/types.ts";
import { ANNOUNCED } from "../format/announced.ts";
import { compact, completeness, count, rate } from "../format/numbers.ts";
import { ago, parseMs } from "../format/times.ts";
import { Strip } from "../raster/strip.tsx";
import { deviceHref } from "../routing.ts";
import { STRIP } from "./use-device-rows.ts";

/** Of numbers; null = there are none to speak of: what was lost is not known, which is not 0. */
const Amount = ({ value }: { value: number | null }) =>
  value === null ? (
    <td class="num wide zero">–</td>
  ) : (
    <td class={value === 0 ? "num wide zero" : "num wide"} title={count(value)}>
      {compact(value)}
    </td>
  );

const ByCause = ({ device }: { device: FleetDevice }) => (
  <ul class="legend by-cause">
    {LOST_BINS.filter(({ key }) => device.causes[key as keyof typeof device.causes] > 0).map(
      ({ key, token, label }) => (
        <li key={key} title={label}>
          <span class={`swatch ${token}`} />
          <span class="hidden-visually">{label}</span>
          {compact(device.causes[key as keyof typeof device.causes])}
        </li>
      ),
    )}
  </ul>
);

export interface DeviceRowProps {
  index: number;
  device: FleetDevice;
  /** the collector's clock when the row came */
  nowMs: number;
  strip: RasterDevice | undefined;
}

export const DeviceRow = ({ index, device, nowMs, strip }: DeviceRowProps) => {
  const { id, status, announced, lastSeen, rateHz, expected, missing, lost } = device;
  return (
    <tr aria-rowindex={index + 2}>
      <th scope="row" class="id">
        <a href={deviceHref(id)} title={id}>
          {id}
        </a>
      </th>
      <td>
        <span class="status" data-status={status} data-announced={announced}>
          {status}
          {announced !== null && `, ${ANNOUNCED[announced]}`}
        </span>
      </td>
      <td class="num wide">{lastSeen === null ? "–" : ago((nowMs - parseMs(lastSeen)) / 1000)}</td>
      <td class="num wide">{rate(rateHz)}</td>
      <td>
        <Strip device={strip} size={STRIP.size} blocks={STRIP.blocks} />
      </td>
      <td class="num">{completeness(device.completeness)}</td>
      <Amount value={expected === 0 ? null : missing} />
      <Amount value={expected === 0 ? null : lost} />
      <td class="wide">
        <ByCause device={device} />
      </td>
    </tr>
  );
};

/** A row that is on its way. */
export const EmptyRow = ({ columns }: { columns: number }) => (
  <tr>
    <td class="zero" colSpan={columns}>
      …
    </td>
  </tr>
);
