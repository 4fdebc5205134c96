import type { ApiContext } from "../context.ts";
import { ApiError } from "../problems.ts";
import type { DeviceView } from "../sources.ts";
import { decodeCursor, foreignCursor, nextCursor } from "./cursor.ts";

/** What URLs take for a step is followed by a control character, which no id has (`devicePath` of common/api-client.ts). */
const STEP = /^(\.{1,2})\x7f$/;

/**
 * @param inPath - the id as the path has it, decoded
 * @throws ApiError 404 when there is no such device
 */
export const deviceOrThrow = ({ sources }: ApiContext, inPath: string): DeviceView => {
  const id = inPath.replace(STEP, "$1");
  const device = sources.ledger.device(id);
  if (device === undefined)
    throw new ApiError("ERR_UNKNOWN_DEVICE", `there is no device ${JSON.stringify(id)}`);
  return device;
};

export const unknownChannel = (device: string, name: string): ApiError =>
  new ApiError(
    "ERR_UNKNOWN_CHANNEL",
    `the device ${JSON.stringify(device)} has no channel ${JSON.stringify(name)}`,
  );

/** Channels, or newest values, of all devices of a page: 1,000 devices have 50 each. As many with 1,024 each were 30 MB of text, written on the thread that serves HTTP. */
const MOST_CHANNELS = 50_000;

/** What of a device takes room on a page. Newest values are of all its epochs, its channels as a rule of the current one. */
type SizeOf = (device: DeviceView) => number;
const channelsOf: SizeOf = ({ channels }) => channels.length;

/**
 * The devices of a page, as many as it has room for; one at least.
 * @param ids - in their order; those that are gone are passed over
 * @returns the devices, and how many of the ids they are
 */
export const devicesWithin = (
  { sources: { ledger } }: ApiContext,
  ids: readonly string[],
  sizeOf = channelsOf,
): { devices: DeviceView[]; used: number } => {
  const devices: DeviceView[] = [];
  let size = 0;
  for (const [used, id] of ids.entries()) {
    const device = ledger.device(id);
    if (device === undefined) continue;
    size += sizeOf(device);
    if (size > MOST_CHANNELS && devices.length > 0) return { devices, used };
    devices.push(device);
  }
  return { devices, used: ids.length };
};

/** One page of all devices by id, and the cursor of the next. */
export const devicePage = (
  context: ApiContext,
  scope: string,
  query: { limit: number; cursor?: string },
  sizeOf?: SizeOf,
): { devices: DeviceView[]; next: string | null } => {
  const [after = null] = decodeCursor(scope, query.cursor) ?? [];
  if (after !== null && typeof after !== "string") throw foreignCursor();
  const ids = context.sources.ledger.idsAfter(after, query.limit + 1);
  const { devices, used } = devicesWithin(context, ids.slice(0, query.limit), sizeOf);
  return { devices, next: nextCursor(scope, used < ids.length ? [ids[used - 1]!] : null) };
};
