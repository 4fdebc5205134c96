import { Type } from "typebox";
import type { ApiContext, App } from "../context.ts";
import { ERRORS, NoQuery } from "../schemas/common.ts";

/** `/api/v1`: where to go from here. */
export const indexRoutes = (app: App, { version }: ApiContext): void => {
  const answer = {
    name: "lacuna",
    version,
    links: {
      dashboard: "/",
      status: "/api/v1/status",
      devices: "/api/v1/devices",
      fleet: "/api/v1/fleet",
      ledger: "/api/v1/ledger",
      history: "/api/v1/history",
      gaps: "/api/v1/gaps",
      events: "/api/v1/events",
      latest: "/api/v1/latest",
      health: "/readyz",
      metrics: "/metrics",
      openapi: "/openapi.json",
      docs: "/docs",
    },
  };
  const Index = Type.Object({
    name: Type.String(),
    version: Type.String(),
    links: Type.Record(Type.String(), Type.String()),
  });
  app.get(
    "",
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
