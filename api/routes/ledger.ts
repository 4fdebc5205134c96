import { deviceLedger, fleetLedger } from "../answers/ledger-json.ts";
import type { ApiContext, App } from "../context.ts";
import { unchangedSinceCommit } from "../plugins/etag.ts";
import { deviceOrThrow } from "../requests/device-page.ts";
import { DeviceParams, ERRORS, NO_DEVICE, NOT_MODIFIED, NoQuery, RefTo } from "../schemas/common.ts";
import { DeviceLedger, DeviceLedgerQuery, FleetLedger } from "../schemas/ledger.ts";
import { sendStream } from "../sending/send-stream.ts";

export const ledgerRoutes = (app: App, context: ApiContext): void => {
  app.get(
    "/ledger",
    {
      schema: {
        operationId: "getLedger",
        summary: "The fleet's ledger",
        tags: ["ledger"],
        querystring: NoQuery,
        response: { 200: RefTo(FleetLedger), ...NOT_MODIFIED, ...ERRORS },
      },
      preHandler: unchangedSinceCommit(context),
    },
    async () => fleetLedger(context),
  );

  app.get(
    "/devices/:id/ledger",
    {
      schema: {
        operationId: "getDeviceLedger",
        summary: "A device's ledger by epoch and run",
        tags: ["ledger"],
        params: DeviceParams,
        querystring: DeviceLedgerQuery,
        response: { 200: RefTo(DeviceLedger), ...NOT_MODIFIED, ...ERRORS, ...NO_DEVICE },
      },
      preHandler: unchangedSinceCommit(context),
    },
    async ({ params, query }, reply) => {
      const ledger = deviceLedger(context, deviceOrThrow(context, params.id), query.limit);
      if (!(Symbol.asyncIterator in ledger)) return ledger;
      reply.type("application/json; charset=utf-8");
      return sendStream(reply, ledger);
    },
  );
};
