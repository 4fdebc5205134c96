import type { ApiContext, App } from "../context.ts";
import { ApiError } from "../problems.ts";
import { reasonsNotReady } from "../readiness.ts";
import { NOT_READY, NoQuery, PROBE_ERRORS, Word } from "../schemas/common.ts";
import { Type } from "../schemas/type.ts";

/** `/livez` and `/readyz`. */
export const healthRoutes = (app: App, { sources }: ApiContext): void => {
  app.get(
    "/livez",
    {
      schema: {
        operationId: "getLiveness",
        summary: "200 while the process answers",
        tags: ["process"],
        querystring: NoQuery,
        response: {
          200: Type.Object({ status: Word(["live"]) }, { description: "the process answers" }),
          ...PROBE_ERRORS,
        },
      },
    },
    async () => ({ status: "live" as const }),
  );

  app.get(
    "/readyz",
    {
      schema: {
        operationId: "getReadiness",
        summary:
          "200 when the database is open and commits, the threads that receive run, and every listener that is not optional is OK",
        tags: ["process"],
        querystring: NoQuery,
        response: {
          200: Type.Object({ status: Word(["ready"]) }, { description: "it receives and stores" }),
          ...PROBE_ERRORS,
          ...NOT_READY,
        },
      },
    },
    async () => {
      const reasons = reasonsNotReady(sources);
      if (reasons.length > 0) throw new ApiError("ERR_NOT_READY", reasons.join("; "), { reasons });
      return { status: "ready" as const };
    },
  );
};
