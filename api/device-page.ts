import type { ApiContext } from "./context.ts";
import { decodeCursor, foreignCursor, nextCursor } from "./cursor.ts";
import { ApiError } from "./problems.ts";
import type { DeviceView } from "./sources.ts";

/** @throws ApiError 404 when there is no such device */
export const deviceOrThrow = ({ sources }: ApiContext, id: string): DeviceView => {
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

/** One page of all devices by id, and the cursor of the next. */
export const devicePage = (
  { order, sources }: ApiContext,
  scope: string,
  query: { limit: number; cursor?: string },
): { devices: DeviceView[]; next: string | null } => {
  const [after = null] = decodeCursor(scope, query.cursor) ?? [];
  if (after !== null && typeof after !== "string") throw foreignCursor();
  const { ids, next } = order.page(after, query.limit);
  const devices = ids.map((id) => sources.ledger.device(id)).filter((device) => device !== undefined);
  return { devices, next: nextCursor(scope, next === null ? null : [next]) };
};
