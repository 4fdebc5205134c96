import type { App } from "../context.ts";
import type { Metrics } from "../metrics/registry.ts";
import { ERRORS, NoQuery, textResponse } from "../schemas/common.ts";
import { Type } from "../schemas/type.ts";

const LIVE_URL = "/api/v1/live";

/** `/metrics`, and the timing of every request. Call before other routes are registered. */
export const metricsRoutes = (app: App, metrics: Metrics): void => {
  app.addHook("onResponse", async (request, reply) => {
    // a stream lasts for hours: that says nothing of the time to answer
    if (request.routeOptions.url === LIVE_URL) return;
    const labels = {
      method: request.method,
      // the pattern, never the URL: an unknown one must not make a series
      route: request.routeOptions.url ?? "unknown",
      status: String(reply.statusCode),
    };
    metrics.observeRequest(labels, reply.elapsedTime / 1000);
  });

  app.get(
    "/metrics",
    {
      schema: {
        operationId: "getMetrics",
        summary: "Prometheus metrics",
        tags: ["process"],
        querystring: NoQuery,
        response: {
          200: textResponse("text format 0.0.4", { "text/plain": Type.String() }),
          ...ERRORS,
        },
      },
    },
    async (_request, reply) => {
      reply.type(metrics.contentType);
      return metrics.text();
    },
  );
};
