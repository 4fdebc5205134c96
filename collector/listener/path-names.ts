import type { ListenerConfig } from "./listener-url.ts";

/** More would not fit what is remembered of a number (../tracker/device/path-ring.ts). */
export const MOST_PATHS = 4;

/** The paths of a collector: what copies of one datagram may arrive by. */
export interface PathNames {
  /** in the order of the listeners; null = the one of those without `path=` */
  names: readonly (string | null)[];
  /** by index of the listener: its path's place in `names` */
  ofListener: readonly number[];
}

/** Listeners of one `path=` are one path, those without it are another. One that is disabled takes no part unless its path has others. */
export const pathNamesOf = (listeners: readonly Pick<ListenerConfig, "path" | "enabled">[]): PathNames => {
  const enabled = listeners.filter((listener) => listener.enabled);
  const names = [...new Set(enabled.map(({ path }) => path))];
  // nothing comes by a disabled one
  const ofListener = listeners.map(({ path }) => Math.max(0, names.indexOf(path)));
  return { names, ofListener };
};
