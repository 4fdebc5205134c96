import { statusJson } from "../answers/status-json.ts";
import type { ApiContext, App } from "../context.ts";
import { ERRORS, NoQuery, RefTo } from "../schemas/common.ts";
import { Status } from "../schemas/status.ts";

export const statusRoutes = (app: App, context: ApiContext): void => {
  app.get(
    "/status",
    {
      schema: {
        operationId: "getStatus",
        summary: "Listeners, threads, queues, database",
        tags: ["process"],
        querystring: NoQuery,
        response: { 200: RefTo(Status), ...ERRORS },
      },
    },
    async () => statusJson(context),
  );
};
