import type { Arrival } from "../../../collector/tracker/types.ts";
import type { NaiveDevice, NaiveSource } from "./device.ts";
import type { NaiveState } from "./state.ts";

/** Where a device speaks from: step 5, and "Paths". */

export const sourceOf = (arrival: Arrival): string => `${arrival.address}:${arrival.port}`;

export function pathOf(ledger: NaiveState, { listener }: Arrival): number | undefined {
  return ledger.paths.areSeveral ? ledger.paths.of(listener) : undefined;
}

/** R5: of a device's sources one is the reported one; another takes its place when the last change is 10 s old. */
export const hearSource = (device: NaiveDevice, name: string, nowUs: number, path?: number): void => {
  const { source } = device;
  const paths = new Set(path === undefined ? [] : [path]);
  if (source?.name === name)
    Object.assign(source, { heardUs: nowUs, paths: new Set([...source.paths, ...paths]) });
  else if (source !== undefined && isElsewhere(device, name, path)) {
    // "Paths": a source on another path waits until the reported one is silent
    if (nowUs - (source.heardUs ?? 0) >= 2_000_000) Object.assign(source, { name, heardUs: nowUs, paths });
  } else if (source?.sinceUs !== undefined && nowUs - source.sinceUs < 10_000_000)
    source.othersHeardUs = nowUs;
  else device.source = { name, heardUs: nowUs, othersHeardUs: source?.heardUs, sinceUs: nowUs, paths };
};

/** "Paths": not the reported source, nor by a path of it. @param path - undefined = there is one only */
export const isElsewhere = ({ source }: NaiveDevice, name: string, path: number | undefined): boolean =>
  path !== undefined && source !== undefined && source.name !== name && !source.paths.has(path);

/** A source the database knows. */
export const unheard = (name: string): NaiveSource => ({
  name,
  heardUs: undefined,
  othersHeardUs: undefined,
  sinceUs: undefined,
  paths: new Set(),
});
