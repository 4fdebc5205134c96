import type { IncomingMessage, ServerResponse } from "node:http";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import type { Clock } from "../common/clock.ts";
import type { FleetHistory } from "./fleet/fleet-history.ts";
import type { FleetTable } from "./fleet/fleet-table.ts";
import type { Sources } from "./sources.ts";

/** The application as routes see it: schemas give the types of requests and answers. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** What every group of routes is given. */
export interface ApiContext {
  sources: Sources;
  clock: Clock;
  table: FleetTable;
  history: FleetHistory;
  /** of the program, as /status says it */
  version: string;
  /** when the process began, microseconds since the Unix epoch */
  startedAtUs: number;
  /** the same instant, monotonic */
  startedAtMs: number;
}
