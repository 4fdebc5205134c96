import type { ApiContext, App } from "../context.ts";
import { deviceJson, latestJson } from "../device-json.ts";
import { deviceOrThrow, devicePage } from "../device-page.ts";
import {
  Cursor,
  DeviceParams,
  ERRORS,
  Limit,
  NO_DEVICE,
  NoQuery,
  Query,
  RefTo,
  textResponse,
} from "../schemas/common.ts";
import { Device, DeviceList, LatestList } from "../schemas/devices.ts";

const PageQuery = Query({ limit: Limit(1000), cursor: Cursor });

/** `/devices`, `/devices/{id}` and `/latest`. */
export const deviceRoutes = (app: App, context: ApiContext): void => {
  app.get(
    "/devices",
    {
      schema: {
        operationId: "listDevices",
        summary: "All devices, by id",
        tags: ["devices"],
        querystring: PageQuery,
        response: { 200: RefTo(DeviceList), ...ERRORS },
      },
    },
    async ({ query }) => {
      const nowUs = context.clock.wallUs();
      const { devices, next } = devicePage(context, "devices", query);
      return { devices: devices.map((device) => deviceJson(device, nowUs)), next };
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
    async ({ params }) => deviceJson(deviceOrThrow(context, params.id), context.clock.wallUs()),
  );

  app.get(
    "/latest",
    {
      schema: {
        operationId: "listLatest",
        summary: "Newest values of every device",
        tags: ["readings"],
        querystring: PageQuery,
        response: {
          200: textResponse("newest values", { "application/json": RefTo(LatestList) }),
          ...ERRORS,
        },
      },
    },
    async ({ query }, reply) => {
      const nowUs = context.clock.wallUs();
      const { devices, next } = devicePage(context, "latest", query);
      const items = devices.map((device) => latestJson(device, nowUs));
      reply.type("application/json; charset=utf-8");
      return reply.send(`{"devices":[${items.join(",")}],"next":${JSON.stringify(next)}}`);
    },
  );
};
