import { formatTime } from "../../protocol/time.ts";
import { asOf } from "../answers/ledger-json.ts";
import type { ApiContext, App } from "../context.ts";
import { ERRORS, RefTo } from "../schemas/common.ts";
import { FleetList, FleetQueryString, History, HistoryQueryString } from "../schemas/fleet.ts";

/** `/fleet` and `/history`: many devices at once, and the trend of all of them. */
export const fleetRoutes = (app: App, context: ApiContext): void => {
  const { table } = context;

  app.get(
    "/fleet",
    {
      schema: {
        operationId: "listFleet",
        summary: "Devices as rows of a table: searched, sorted, from any place in it",
        tags: ["devices"],
        querystring: FleetQueryString,
        response: { 200: RefTo(FleetList), ...ERRORS },
      },
    },
    async ({ query, raw }) => {
      const { search = null, status = null } = query;
      const { asOfUs, total, statuses, rows } = await table.page({ ...query, search, status }, raw.socket);
      return {
        asOf: asOf(context, asOfUs),
        total,
        statuses,
        devices: rows.map(({ lastSeenUs, ...row }) => ({
          ...row,
          lastSeen: lastSeenUs > 0 ? formatTime(lastSeenUs) : null,
        })),
      };
    },
  );

  app.get(
    "/history",
    {
      schema: {
        operationId: "getHistory",
        summary:
          "The fleet's counters over the last minutes, hours or two days, since the start of the process",
        tags: ["ledger"],
        querystring: HistoryQueryString,
        response: { 200: RefTo(History), ...ERRORS },
      },
    },
    async ({ query }) => {
      const { stepSeconds, samples } = context.history.read(context.clock.wallUs(), query.span);
      return {
        stepSeconds,
        samples: samples.map(({ timeUs, ...sample }) => ({ time: formatTime(timeUs), ...sample })),
      };
    },
  );
};
