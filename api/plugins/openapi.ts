import swagger from "@fastify/swagger";
import type { App } from "../context.ts";
import { Arrivals } from "../schemas/arrivals.ts";
import { NoQuery, OPEN_ERRORS, Problem, textResponse } from "../schemas/common.ts";
import { Device, DeviceList, LatestList } from "../schemas/devices.ts";
import { EventList, FleetList, History, Raster } from "../schemas/fleet.ts";
import { Gap, GapList } from "../schemas/gaps.ts";
import { DeviceLedger, FleetLedger, FleetTotal, LedgerEpoch, LedgerTotal } from "../schemas/ledger.ts";
import { LiveGap, LiveLedger, LiveReading, LiveSkipped } from "../schemas/live.ts";
import { Path } from "../schemas/paths.ts";
import { Reading, ReadingList } from "../schemas/readings.ts";
import { Received } from "../schemas/received.ts";
import { Series, SeriesPoints } from "../schemas/series.ts";
import { Finding, Listener, Status } from "../schemas/status.ts";
import { Type } from "../schemas/type.ts";
import { addHeaders } from "./answer-headers.ts";
import { addExamples } from "./examples.ts";
import { addLiveEvents } from "./live-events.ts";

/** Schemas with a name: routes refer to them, the OpenAPI document lists them as components. */
const COMPONENTS = [
  Problem,
  LedgerTotal,
  LedgerEpoch,
  FleetTotal,
  FleetLedger,
  DeviceLedger,
  Arrivals,
  Device,
  DeviceList,
  LatestList,
  Gap,
  GapList,
  Received,
  FleetList,
  History,
  Raster,
  EventList,
  Reading,
  ReadingList,
  Series,
  SeriesPoints,
  LiveReading,
  LiveLedger,
  LiveGap,
  LiveSkipped,
  Listener,
  Path,
  Finding,
  Status,
];

const documentText = (app: App): string => {
  const document = structuredClone(app.swagger());
  addExamples(document);
  addHeaders(document);
  addLiveEvents(document);
  return JSON.stringify(document);
};

/** Collects the routes registered from now on into an OpenAPI 3.1 document, and serves it. */
export const installOpenapi = async (app: App, version: string): Promise<void> => {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Lacuna",
        version,
        description:
          "Telemetry over UDP, with a ledger that says how complete every answer is. HEAD works wherever GET does.",
        license: { name: "MIT", identifier: "MIT" },
      },
      // relative: the document is served by the server it describes
      servers: [{ url: "/" }],
      // needed only where tokens are configured
      components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
      security: [{}, { token: [] }],
      tags: [
        { name: "devices", description: "who sends" },
        { name: "readings", description: "what they measured" },
        { name: "ledger", description: "what is here, what is not, and why" },
        { name: "process", description: "the collector itself" },
      ],
    },
    refResolver: {
      buildLocalReference: (json, _baseUri, _fragment, index) => String(json.$id ?? `schema-${index}`),
    },
  });
  for (const schema of COMPONENTS) app.addSchema(schema);
  let text: string | undefined;
  app.get(
    "/openapi.json",
    {
      schema: {
        operationId: "getOpenapi",
        summary: "This API as OpenAPI 3.1",
        tags: ["process"],
        querystring: NoQuery,
        response: {
          200: textResponse("OpenAPI 3.1", { "application/json": Type.Object({}) }),
          ...OPEN_ERRORS,
        },
      },
    },
    async (_request, reply) => {
      text ??= documentText(app);
      return reply.type("application/json; charset=utf-8").send(text);
    },
  );
};
