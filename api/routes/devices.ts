import type { Static } from "typebox";
import { arrivalsJson } from "../answers/arrivals-json.ts";
import { deviceJson, writeLatest } from "../answers/device-json.ts";
import { JsonKeys, TextWriter } from "../answers/text-writer.ts";
import type { ApiContext, App } from "../context.ts";
import { type DeviceListQuery, DeviceLists, LIST_SCOPE } from "../fleet/device-lists.ts";
import { decodeCursor } from "../requests/cursor.ts";
import { deviceOrThrow, devicePage, devicesWithin } from "../requests/device-page.ts";
import { parseTimeRange } from "../requests/query-time.ts";
import { Arrivals } from "../schemas/arrivals.ts";
import {
  Cursor,
  DeviceParams,
  ERRORS,
  Limit,
  NO_DEVICE,
  NoQuery,
  Query,
  RefTo,
  TimeFormQuery,
  textResponse,
} from "../schemas/common.ts";
import { Device, DeviceList, DevicesQueryString, LatestList } from "../schemas/devices.ts";
import { sendBytes } from "../sending/send-bytes.ts";
import type { DeviceView, QueryClient, Text } from "../sources.ts";

const LatestQuery = Query({ time: TimeFormQuery, limit: Limit(1000), cursor: Cursor });

type DevicesQuery = Static<typeof DevicesQueryString>;

const listQuery = (query: DevicesQuery, nowUs: number): DeviceListQuery => ({
  sort: query.sort ?? "id",
  order: query.order ?? "asc",
  search: query.search ?? null,
  status: query.status ?? null,
  leastCompleteness: query.min_completeness ?? null,
  mostCompleteness: query.max_completeness ?? null,
  ...parseTimeRange(query, nowUs),
});

/** What of a query chooses and orders devices, parameter by parameter. */
const wishesOf = ({ limit: _, cursor: __, ...wishes }: DevicesQuery): [name: string, value: unknown][] =>
  Object.entries(wishes);

/** The same for the same query: many clients write its parameters in an order of their own. */
const keyOf = (query: DevicesQuery): string => JSON.stringify(wishesOf(query).sort());

type Devices = Static<typeof DeviceList>;

/** All devices by id: this list needs no memory between its pages. */
const allDevices = (context: ApiContext, query: DevicesQuery, nowUs: number): Devices => {
  const { devices, next } = devicePage(context, "devices", query);
  return { devices: devicesJson(context, devices, nowUs), next };
};

/** Those wanted, in the order wanted. */
const wantedDevices = async (
  context: ApiContext,
  lists: DeviceLists,
  query: DevicesQuery,
  nowUs: number,
  client: QueryClient,
): Promise<Devices> => {
  const after = decodeCursor(LIST_SCOPE, query.cursor);
  const ask = (): DeviceListQuery => listQuery(query, nowUs);
  const { ids, nextAfter } = await lists.page(keyOf(query), ask, after, query.limit, client);
  const { devices, used } = devicesWithin(context, ids);
  return { devices: devicesJson(context, devices, nowUs), next: nextAfter(used) };
};

const devicesJson = ({ sources }: ApiContext, devices: readonly DeviceView[], nowUs: number) =>
  devices.map((device) => deviceJson(device, sources.ledger, nowUs));

/** @param out - used again for every answer */
const latestText = (context: ApiContext, out: TextWriter, query: Static<typeof LatestQuery>): Text => {
  const nowUs = context.clock.wallUs();
  const { devices, next } = devicePage(context, "latest", query, ({ latestCount }) => latestCount);
  const { ledger } = context.sources;
  const keys = new JsonKeys();
  out.begin().ascii('{"devices":[');
  for (const [index, device] of devices.entries()) {
    if (index > 0) out.ascii(",");
    writeLatest(out, device, ledger, nowUs, keys, query.time);
  }
  return out.ascii('],"next":').text(JSON.stringify(next)).ascii("}").end();
};

/** `/devices`, `/devices/{id}` and `/latest`. */
export const deviceRoutes = (app: App, context: ApiContext): void => {
  const { sources } = context;
  const latest = new TextWriter();
  const lists = new DeviceLists(context.table, context.clock);

  app.get(
    "/devices",
    {
      schema: {
        operationId: "listDevices",
        summary: "Devices: all of them by id, or those wanted in the order wanted",
        tags: ["devices"],
        querystring: DevicesQueryString,
        response: { 200: RefTo(DeviceList), ...ERRORS },
      },
    },
    async ({ query, raw }) => {
      const nowUs = context.clock.wallUs();
      return wishesOf(query).length > 0
        ? wantedDevices(context, lists, query, nowUs, raw.socket)
        : allDevices(context, query, nowUs);
    },
  );

  app.get(
    "/devices/:id",
    {
      schema: {
        operationId: "getDevice",
        summary: "One device",
        tags: ["devices"],
        params: DeviceParams,
        querystring: NoQuery,
        response: { 200: RefTo(Device), ...ERRORS, ...NO_DEVICE },
      },
    },
    async ({ params }) =>
      deviceJson(deviceOrThrow(context, params.id), sources.ledger, context.clock.wallUs()),
  );

  app.get(
    "/devices/:id/arrivals",
    {
      schema: {
        operationId: "getDeviceArrivals",
        summary: "How a device's numbers arrive: jitter, one-way delay, reordering",
        tags: ["devices"],
        params: DeviceParams,
        querystring: NoQuery,
        response: { 200: RefTo(Arrivals), ...ERRORS, ...NO_DEVICE },
      },
    },
    async ({ params }) => {
      const { id } = deviceOrThrow(context, params.id);
      return arrivalsJson(id, await sources.arrivalsOf(id));
    },
  );

  app.get(
    "/latest",
    {
      schema: {
        operationId: "listLatest",
        summary: "Newest values of every device",
        tags: ["readings"],
        querystring: LatestQuery,
        response: {
          200: textResponse("newest values", { "application/json": RefTo(LatestList) }),
          ...ERRORS,
        },
      },
    },
    async ({ query }, reply) => {
      reply.type("application/json; charset=utf-8");
      return sendBytes(reply, latestText(context, latest, query));
    },
  );
};
