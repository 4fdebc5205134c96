import { Type } from "typebox";
import type { ApiContext, App } from "../context.ts";
import { ERRORS, NoQuery } from "../schemas/common.ts";

/** `/`: where to go from here. */
export const indexRoutes = (app: App, { version }: ApiContext): void => {
  const answer = {
    name: "lacuna",
    version,
    links: {
      status: "/api/v1/status",
      devices: "/api/v1/devices",
      ledger: "/api/v1/ledger",
      gaps: "/api/v1/gaps",
      latest: "/api/v1/latest",
      health: "/readyz",
      metrics: "/metrics",
      openapi: "/openapi.json",
    },
  };
  const Index = Type.Object({
    name: Type.String(),
    version: Type.String(),
    links: Type.Record(Type.String(), Type.String()),
  });
  app.get(
    "/",
    {
      schema: {
        operationId: "getIndex",
        summary: "Links to everything",
        tags: ["process"],
        querystring: NoQuery,
        response: { 200: Index, ...ERRORS },
      },
    },
    async () => answer,
  );
};
