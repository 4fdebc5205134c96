import type { Arrival } from "../../../collector/tracker/types.ts";
import type { NaiveDevice, NaiveSource } from "./device.ts";
import type { NaiveState } from "./state.ts";

/** Where a device speaks from: step 5, and "Paths". */

export const sourceOf = (arrival: Arrival): string => `${arrival.address}:${arrival.port}`;

export function pathOf(ledger: NaiveState, { listener }: Arrival): number | undefined {
  return ledger.paths.areSeveral ? ledger.paths.of(listener) : undefined;
}

/** R5: of a device's sources one is the reported one; another takes its place when the last change is 10 s old. */
export const hearSource = (device: NaiveDevice, name: string, nowMs: number, path?: number): void => {
  const { source } = device;
  const paths = new Set(path === undefined ? [] : [path]);
  if (source?.name === name)
    Object.assign(source, { heardMs: nowMs, paths: new Set([...source.paths, ...paths]) });
  else if (source !== undefined && isElsewhere(device, name, path)) {
    // "Paths": a source on another path waits until the reported one is silent
    if (nowMs - (source.heardMs ?? Number.NEGATIVE_INFINITY) >= 2000)
      Object.assign(source, { name, heardMs: nowMs, paths });
  } else if (source?.sinceMs !== undefined && nowMs - source.sinceMs < 10_000) source.othersHeardMs = nowMs;
  else device.source = { name, heardMs: nowMs, othersHeardMs: source?.heardMs, sinceMs: nowMs, paths };
};

/** R6: a device that goes on in another run is asked where that is heard from. */
export const followSource = (device: NaiveDevice, name: string, nowMs: number, path?: number): void => {
  const { source } = device;
  if (source === undefined || source.name === name || isElsewhere(device, name, path)) return;
  const paths = new Set(path === undefined ? [] : [path]);
  Object.assign(source, { name, heardMs: nowMs, othersHeardMs: source.heardMs, paths });
};

/** "Paths": not the reported source, nor by a path of it. @param path - undefined = there is one only */
export const isElsewhere = ({ source }: NaiveDevice, name: string, path: number | undefined): boolean =>
  path !== undefined && source !== undefined && source.name !== name && !source.paths.has(path);

/** A source the database knows. */
export const unheard = (name: string): NaiveSource => ({
  name,
  heardMs: undefined,
  othersHeardMs: undefined,
  sinceMs: undefined,
  paths: new Set(),
});
