import { binNumbers } from "../bins/bin-numbers.ts";
import { BINS } from "../bins/bins.ts";
import type { Device, Total } from "../data/types.ts";
import { ANNOUNCED } from "../format/announced.ts";
import { completeness, count, share } from "../format/numbers.ts";
import { ago, fullTime, parseMs, secondsTime } from "../format/times.ts";
import { BinBar } from "../parts/bin-bar.tsx";
import { Fact } from "../parts/fact.tsx";
import { completeSentence } from "./complete-sentence.ts";

const Numbers = ({ total }: { total: Total }) => {
  const numbers = binNumbers(total);
  return (
    <ul class="legend">
      {BINS.filter(({ key }) => numbers[key] > 0).map(({ key, token, label, meaning }) => (
        <li key={key} title={meaning}>
          <span class={`swatch ${token}`} />
          {label} {count(numbers[key])}
          <span class="note">{share(numbers[key] / total.expected)}</span>
        </li>
      ))}
    </ul>
  );
};

/** What did not come by itself, and what is lost for good. */
const losses = ({ rawLoss, residualLoss }: Total): string =>
  rawLoss === null || residualLoss === null ? "–" : `${share(rawLoss)} → ${share(residualLoss)}`;

/** Who this is, whether it speaks, and how complete it is. */
export const DeviceHead = ({ device, total, nowMs }: { device: Device; total: Total; nowMs: number }) => {
  const lastMs = device.lastSeen === null ? null : parseMs(device.lastSeen);
  return (
    <section class="panel device-head" aria-label="Device">
      <div class="device-name">
        <p class="device-id">{device.id}</p>
        <span class="status" data-status={device.status} data-announced={device.announced}>
          {device.status}
        </span>
        {device.announced !== null && (
          <span class="note"> {ANNOUNCED[device.announced]}, as it announced</span>
        )}
      </div>
      <div class="device-complete">
        <p class="device-number">{completeness(total.completeness)}</p>
        <p class="note">{completeSentence(total)}</p>
      </div>
      <dl class="device-facts">
        <Fact name="Last seen" title={lastMs === null ? undefined : fullTime(lastMs)}>
          {lastMs === null ? "–" : ago(Math.max(0, nowMs - lastMs) / 1000)}
        </Fact>
        <Fact name="First seen">
          {device.firstSeen === null ? "–" : secondsTime(parseMs(device.firstSeen))}
        </Fact>
        <Fact name="Source">{device.source}</Fact>
        <Fact name="Epoch">{device.epoch === null ? "–" : String(device.epoch)}</Fact>
        <Fact name="Duplicates">{count(total.duplicates)}</Fact>
        <Fact name="Raw loss, residual loss">{losses(total)}</Fact>
      </dl>
      <div class="device-bins">
        {total.expected > 0 && <BinBar bins={total} />}
        <Numbers total={total} />
      </div>
    </section>
  );
};
