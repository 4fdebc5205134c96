import type { Static } from "typebox";
import { announcementOf, type DeviceStatus, deviceStatus, rateNow } from "../../protocol/device-status.ts";
import { ROW } from "../../protocol/ledger-row.ts";
import { formatTime } from "../../protocol/time.ts";
import { judgedAtUs } from "../fleet/judged-at.ts";
import type { Device } from "../schemas/devices.ts";
import type { DeviceView, LedgerSource, RunView, TimeForm } from "../sources.ts";
import { totalJson } from "./ledger-json.ts";
import type { JsonKeys, TextWriter } from "./text-writer.ts";

/** @param run - the one the device is heard on */
const statusOf = (run: RunView | undefined, ledger: LedgerSource, nowUs: number): DeviceStatus =>
  run === undefined ? "unknown" : deviceStatus(run.row, judgedAtUs(ledger, nowUs), ledger.down);

/** 0 stands for unknown in a row. */
const timeOrNull = (timeUs: number): string | null => (timeUs > 0 ? formatTime(timeUs) : null);

/** One of `GET /devices`. @param ledger - it is of */
export const deviceJson = (
  device: DeviceView,
  ledger: LedgerSource,
  nowUs: number,
): Static<typeof Device> => {
  const { total, heard: run } = device;
  const intervalUs = run?.row[ROW.INTERVAL] ?? 0;
  const status = statusOf(run, ledger, nowUs);
  return {
    id: device.id,
    status,
    announced: run === undefined ? null : announcementOf(run.row, judgedAtUs(ledger, nowUs)),
    intervalSeconds: intervalUs > 0 ? intervalUs / 1e6 : null,
    rateHz: rateNow(device.rateHz, status),
    firstSeen: timeOrNull(total.firstArrivalUs),
    lastSeen: timeOrNull(total.lastArrivalUs),
    source: device.source,
    epoch: run?.epoch ?? null,
    channels: device.channels.map(({ name, unit }) => ({ name, unit })),
    ledger: totalJson(total.counts),
  };
};

/** One of `GET /latest`: values keep NaN, the infinities and -0. @param keys - the same for all of an answer */
export const writeLatest = (
  out: TextWriter,
  device: DeviceView,
  ledger: LedgerSource,
  nowUs: number,
  keys: JsonKeys,
  form: TimeForm,
): void => {
  const { latest } = device;
  let newestUs = 0;
  for (const { timeUs } of latest) newestUs = Math.max(newestUs, timeUs);
  out.ascii('{"id":').text(JSON.stringify(device.id)).ascii(',"time":');
  if (newestUs > 0) {
    out.timeJson(newestUs, form).ascii(',"ageSeconds":');
    out.plain(Math.max(0, (nowUs - newestUs) / 1e6));
  } else out.ascii('null,"ageSeconds":null');
  out
    .ascii(',"status":"')
    .ascii(statusOf(device.heard, ledger, nowUs))
    .ascii('","values":{');
  for (let index = 0; index < latest.length; index++) {
    if (index > 0) out.ascii(",");
    out.bytes(keys.of(latest[index]!.name)).value(latest[index]!.value);
  }
  out.ascii('},"units":{');
  for (let index = 0; index < latest.length; index++) {
    if (index > 0) out.ascii(",");
    out.bytes(keys.of(latest[index]!.name)).text(JSON.stringify(latest[index]!.unit));
  }
  out.ascii("}}");
};
