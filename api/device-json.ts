import type { Static } from "typebox";
import { announcementOf, type DeviceStatus, type Downtime, deviceStatus } from "../protocol/device-status.ts";
import { ROW, ROW_FLAG } from "../protocol/ledger-row.ts";
import { formatTime } from "../protocol/time.ts";
import { deviceTotal } from "./ledger-json.ts";
import type { Device } from "./schemas/devices.ts";
import type { DeviceView, RunView, TimeForm } from "./sources.ts";
import type { JsonKeys, TextWriter } from "./text-writer.ts";

/** The run the device is heard on: the current one, else the one heard last. */
const runHeard = (device: DeviceView): RunView | undefined => {
  let heard: RunView | undefined;
  for (const run of device.runs) {
    if ((run.row[ROW.FLAGS]! & ROW_FLAG.CURRENT) !== 0) return run;
    if (heard === undefined || run.row[ROW.LAST_ARRIVAL]! > heard.row[ROW.LAST_ARRIVAL]!) heard = run;
  }
  return heard;
};

const statusOf = (run: RunView | undefined, nowUs: number, down: Downtime | null): DeviceStatus =>
  run === undefined ? "unknown" : deviceStatus(run.row, 0, nowUs, down);

/** 0 stands for unknown in a row. */
const timeOrNull = (timeUs: number): string | null => (timeUs > 0 ? formatTime(timeUs) : null);

const firstArrivalUs = (device: DeviceView): number =>
  device.runs.reduce((first, { row }) => {
    const arrivalUs = row[ROW.FIRST_ARRIVAL]!;
    return arrivalUs > 0 && (first === 0 || arrivalUs < first) ? arrivalUs : first;
  }, 0);

const lastArrivalUs = (device: DeviceView): number =>
  device.runs.reduce((last, { row }) => Math.max(last, row[ROW.LAST_ARRIVAL]!), 0);

/** Status of a device as every answer gives it. @param down - see LedgerSource */
export const statusOfDevice = (device: DeviceView, nowUs: number, down: Downtime | null): DeviceStatus =>
  statusOf(runHeard(device), nowUs, down);

/** One of `GET /devices`. @param down - see LedgerSource */
export const deviceJson = (
  device: DeviceView,
  nowUs: number,
  down: Downtime | null,
): Static<typeof Device> => {
  const run = runHeard(device);
  const intervalUs = run?.row[ROW.INTERVAL] ?? 0;
  return {
    id: device.id,
    status: statusOf(run, nowUs, down),
    announced: run === undefined ? null : announcementOf(run.row, 0, nowUs),
    intervalSeconds: intervalUs > 0 ? intervalUs / 1e6 : null,
    firstSeen: timeOrNull(firstArrivalUs(device)),
    lastSeen: timeOrNull(lastArrivalUs(device)),
    source: device.source,
    epoch: run?.epoch ?? null,
    channels: device.channels.map(({ name, unit }) => ({ name, unit })),
    ledger: deviceTotal(device),
  };
};

/** One of `GET /latest`: values keep NaN, the infinities and -0. @param keys - the same for all of an answer */
export const writeLatest = (
  out: TextWriter,
  device: DeviceView,
  nowUs: number,
  down: Downtime | null,
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
    .ascii(statusOfDevice(device, nowUs, down))
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
