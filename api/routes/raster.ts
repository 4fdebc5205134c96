import { asOf } from "../answers/ledger-json.ts";
import type { ApiContext, App } from "../context.ts";
import { ERRORS, RefTo, UNAVAILABLE } from "../schemas/common.ts";
import { Raster, RasterQueryString } from "../schemas/fleet.ts";

/** `/raster`: sequence numbers in blocks, for many devices at once. */
export const rasterRoutes = (app: App, context: ApiContext): void => {
  app.get(
    "/raster",
    {
      schema: {
        operationId: "getRaster",
        summary: "The newest numbers of devices in blocks, with what is absent in each",
        tags: ["ledger"],
        querystring: RasterQueryString,
        response: { 200: RefTo(Raster), ...ERRORS, ...UNAVAILABLE },
      },
    },
    async ({ query, raw }) => {
      const { device, size, blocks } = query;
      const known = [...new Set(device)].filter((id) => context.sources.ledger.device(id) !== undefined);
      // before it is asked: what is committed until it answers may be in it or not
      const asOfCommit = asOf(context);
      const devices = await context.sources.reader.raster({ devices: known, size, blocks }, raw.socket);
      return {
        asOf: asOfCommit,
        size,
        devices: devices.map(({ device, runs }) => ({
          device,
          runs: runs.map(({ blocks, ...run }) => ({ ...run, blocks: [...blocks] })),
        })),
      };
    },
  );
};
