import type { Static } from "typebox";
import { announcementOf, type DeviceStatus, type Downtime, deviceStatus } from "../protocol/device-status.ts";
import { ROW, ROW_FLAG } from "../protocol/ledger-row.ts";
import { formatTime } from "../protocol/time.ts";
import { type KeyCache, keyJson, valuesJson } from "./json-values.ts";
import { deviceTotal } from "./ledger-json.ts";
import type { Device } from "./schemas/devices.ts";
import type { DeviceView, ReadingValue, RunView, TimeForm } from "./sources.ts";
import { timeJson } from "./time-text.ts";

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

/** One of `GET /latest`, as JSON text: values keep NaN, the infinities and -0. @param keys - the same for all of an answer */
export const latestJson = (
  device: DeviceView,
  nowUs: number,
  down: Downtime | null,
  keys: KeyCache,
  form: TimeForm,
): string => {
  const { latest } = device;
  const names: string[] = [];
  const values: ReadingValue[] = [];
  let [newestUs, units] = [0, ""];
  for (const { name, unit, value, timeUs } of latest) {
    names.push(name);
    values.push(value);
    units += `${units === "" ? "" : ","}${keyJson(name, keys)}${JSON.stringify(unit)}`;
    newestUs = Math.max(newestUs, timeUs);
  }
  const time = newestUs > 0 ? timeJson(newestUs, form) : null;
  const ageSeconds = newestUs > 0 ? Math.max(0, (nowUs - newestUs) / 1e6) : null;
  return (
    `{"id":${JSON.stringify(device.id)},"time":${time},"ageSeconds":${ageSeconds},` +
    `"status":"${statusOfDevice(device, nowUs, down)}","values":${valuesJson(names, values, keys)},"units":{${units}}}`
  );
};
