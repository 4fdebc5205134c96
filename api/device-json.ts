import type { Static } from "typebox";
import { type DeviceStatus, deviceStatus } from "../protocol/device-status.ts";
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

const statusOf = (run: RunView | undefined, nowUs: number): DeviceStatus =>
  run === undefined ? "unknown" : deviceStatus(run.row, 0, nowUs);

/** 0 stands for unknown in a row. */
const timeOrNull = (timeUs: number): string | null => (timeUs > 0 ? formatTime(timeUs) : null);

const firstArrivalUs = (device: DeviceView): number =>
  device.runs.reduce((first, { row }) => {
    const arrivalUs = row[ROW.FIRST_ARRIVAL]!;
    return arrivalUs > 0 && (first === 0 || arrivalUs < first) ? arrivalUs : first;
  }, 0);

const lastArrivalUs = (device: DeviceView): number =>
  device.runs.reduce((last, { row }) => Math.max(last, row[ROW.LAST_ARRIVAL]!), 0);

/** Status of a device as every answer gives it. */
export const statusOfDevice = (device: DeviceView, nowUs: number): DeviceStatus =>
  statusOf(runHeard(device), nowUs);

/** One of `GET /devices`. */
export const deviceJson = (device: DeviceView, nowUs: number): Static<typeof Device> => {
  const run = runHeard(device);
  return {
    id: device.id,
    status: statusOf(run, nowUs),
    firstSeen: timeOrNull(firstArrivalUs(device)),
    lastSeen: timeOrNull(lastArrivalUs(device)),
    source: device.source,
    epoch: run?.epoch ?? null,
    channels: device.channels.map(({ name, unit }) => ({ name, unit })),
    ledger: deviceTotal(device),
  };
};

/** One of `GET /latest`, as JSON text: values keep NaN, the infinities and -0. @param keys - the same for all of an answer */
export const latestJson = (device: DeviceView, nowUs: number, keys: KeyCache, form: TimeForm): string => {
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
    `"status":"${statusOfDevice(device, nowUs)}","values":${valuesJson(names, values, keys)},"units":{${units}}}`
  );
};
