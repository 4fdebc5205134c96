import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import Fastify, { type FastifyBaseLogger, LogController } from "fastify";
import type { Clock } from "../common/clock.ts";
import type { ApiContext, App } from "./context.ts";
import { FleetHistory } from "./fleet/fleet-history.ts";
import { FleetTable } from "./fleet/fleet-table.ts";
import { LiveHub } from "./live/hub.ts";
import { createMetrics } from "./metrics/registry.ts";
import { type ApiToken, installAuth } from "./plugins/auth.ts";
import { cutOffWhenClosing, refuseWhenClosing } from "./plugins/closing.ts";
import { boundConnections } from "./plugins/connections.ts";
import { DASHBOARD_DIRECTORY, installDashboard } from "./plugins/dashboard.ts";
import { takeDecimalNumbers } from "./plugins/decimal-numbers.ts";
import {
  answerClientError,
  createErrorHandler,
  createFrameworkErrorHandler,
  type ErrorHandler,
  ignoreExpectations,
  installErrors,
  refuseMalformedQueries,
  refuseOtherMethods,
  refuseOtherProtocols,
  refuseUnknownRoutes,
} from "./plugins/errors.ts";
import { notModifiedForAny } from "./plugins/etag.ts";
import { type ExposureOptions, installExposure } from "./plugins/exposure.ts";
import { answerHalfClosed } from "./plugins/half-closed.ts";
import { answerOnlyLoopbackNames, askForHost } from "./plugins/hosts.ts";
import { lazySerializers } from "./plugins/lazy-serializers.ts";
import { answerOneAtATime } from "./plugins/one-at-a-time.ts";
import { installOpenapi } from "./plugins/openapi.ts";
import { sendSecurityHeaders } from "./plugins/security-headers.ts";
import { cutOffStalled } from "./plugins/stalled.ts";
import { QUERY_FORMATS } from "./requests/query-time.ts";
import { deviceRoutes } from "./routes/devices.ts";
import { docsRoutes } from "./routes/docs.ts";
import { eventRoutes } from "./routes/events.ts";
import { fleetRoutes } from "./routes/fleet.ts";
import { gapRoutes } from "./routes/gaps.ts";
import { healthRoutes } from "./routes/health.ts";
import { indexRoutes } from "./routes/index.ts";
import { ledgerRoutes } from "./routes/ledger.ts";
import { liveRoutes } from "./routes/live.ts";
import { metricsRoutes } from "./routes/metrics.ts";
import { rasterRoutes } from "./routes/raster.ts";
import { readingRoutes } from "./routes/readings.ts";
import { receivedRoutes } from "./routes/received.ts";
import { seriesRoutes } from "./routes/series.ts";
import { statusRoutes } from "./routes/status.ts";
import type { Sources } from "./sources.ts";

export interface AppOptions {
  /** of the program */
  version: string;
  clock: Clock;
  /** when the process began, microseconds since the Unix epoch */
  startedAtUs: number;
  /** the same instant, monotonic milliseconds */
  startedAtMs: number;
  /** for failed requests; none are logged without */
  logger?: FastifyBaseLogger;
  /** connections to the live feed at once; default 256 */
  maxLiveClients?: number;
  /** others at once, whatever they ask; default 2,000 */
  maxConnections?: number;
  /** none (default) = everybody may ask, by a name of loopback */
  tokens?: readonly ApiToken[];
  /** default: no page of another origin, no limit */
  exposure?: ExposureOptions;
  /** PEM; plain HTTP without */
  tls?: { cert: Buffer; key: Buffer } | null;
  /** `process_…` and `nodejs_…` on /metrics; they start observers that live as long as the process */
  processMetrics?: boolean;
  /** of the built dashboard, when not the one of this repository */
  dashboardDirectory?: string;
}

const DEFAULT_LIVE_CLIENTS = 256;
const DEFAULT_CONNECTIONS = 2000;
/** a device id of 64 bytes, each percent-encoded, and room for a client to be wrong */
const MAX_PARAMETER_LENGTH = 512;

/** How long a request may take to arrive, body and all; its head has 60 s by Node's own default. Fastify's is for ever. */
const REQUEST_TIMEOUT_MS = 60_000;

/** Room for a raster of 200 devices with the longest ids, each of their bytes percent-encoded: 40 KB of URL. Node's own bound is 16 KiB. */
const MAX_HEAD_BYTES = 64 * 1024;

/** A request without `Host` is answered by us: Node would do so without a word. */
const NODE_OPTIONS = { requireHostHeader: false, maxHeaderSize: MAX_HEAD_BYTES };

const createFastify = ({ logger, tls }: AppOptions, handleError: ErrorHandler): App =>
  Fastify({
    ...(logger === undefined ? {} : { loggerInstance: logger }),
    // the type of a server with TLS is another one; what we use of it is the same
    ...((tls == null ? { http: NODE_OPTIONS } : { https: { ...tls, ...NODE_OPTIONS } }) as object),
    logController: new LogController({ disableRequestLogging: true }),
    requestTimeout: REQUEST_TIMEOUT_MS,
    // refused by us: refuseWhenClosing
    return503OnClosing: false,
    frameworkErrors: createFrameworkErrorHandler(handleError),
    clientErrorHandler: answerClientError,
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
    ajv: {
      // unknown parameters are refused, not removed; a single `channel` is a list of one
      customOptions: {
        removeAdditional: false,
        coerceTypes: "array",
        allErrors: true,
        verbose: true,
        formats: QUERY_FORMATS,
      },
    },
    schemaController: { compilersFactory: { buildSerializer: lazySerializers } },
  }).withTypeProvider<TypeBoxTypeProvider>();

const V1_ROUTES = [
  indexRoutes,
  statusRoutes,
  deviceRoutes,
  fleetRoutes,
  ledgerRoutes,
  gapRoutes,
  rasterRoutes,
  receivedRoutes,
  eventRoutes,
  readingRoutes,
  seriesRoutes,
];

/** Samples the fleet's counters once a second while the application lives. */
const keepHistory = (app: App, { history, clock, sources }: ApiContext): void => {
  let timer: NodeJS.Timeout | undefined;
  const sample = (): void => history.sample(clock.wallUs(), sources.ledger.fleet());
  app.addHook("onReady", async () => {
    sample();
    timer = setInterval(sample, 1000).unref();
  });
  app.addHook("onClose", async () => clearInterval(timer));
};

/**
 * The HTTP application of docs/api.md, not yet listening: `listen` it, or `inject` requests in tests. `close` it before the sources go.
 */
export const buildApp = async (sources: Sources, options: AppOptions): Promise<App> => {
  const handleError = createErrorHandler(options.clock);
  const {
    tokens = [],
    maxLiveClients = DEFAULT_LIVE_CLIENTS,
    maxConnections = DEFAULT_CONNECTIONS,
  } = options;
  const app = createFastify(options, handleError);
  const context: ApiContext = {
    sources,
    clock: options.clock,
    table: new FleetTable(sources.ledger, options.clock),
    history: new FleetHistory(),
    version: options.version,
    startedAtUs: options.startedAtUs,
    startedAtMs: options.startedAtMs,
  };
  const hub = new LiveHub(sources.live, sources.ledger, {
    clock: options.clock,
    maxClients: maxLiveClients,
    log: app.log,
  });
  // a stream would hold the server open
  app.addHook("preClose", () => hub.close());
  boundConnections(app, maxConnections + maxLiveClients, options.clock);
  answerHalfClosed(app);
  cutOffWhenClosing(app);
  cutOffStalled(app);
  answerOneAtATime(app);
  sendSecurityHeaders(app);
  refuseWhenClosing(app);
  installErrors(app, handleError);
  refuseOtherProtocols(app);
  ignoreExpectations(app);
  askForHost(app);
  if (tokens.length === 0) answerOnlyLoopbackNames(app);
  await installExposure(app, options.exposure ?? { corsOrigins: [], requestsPerSecond: null });
  installAuth(app, tokens);
  refuseMalformedQueries(app);
  refuseUnknownRoutes(app);
  refuseOtherMethods(app);
  takeDecimalNumbers(app);
  await installOpenapi(app, options.version);

  metricsRoutes(app, createMetrics(sources, hub, options.processMetrics ?? false));
  healthRoutes(app, context);
  docsRoutes(app);
  await installDashboard(app, options.dashboardDirectory ?? DASHBOARD_DIRECTORY);
  keepHistory(app, context);
  await app.register(
    async (v1) => {
      notModifiedForAny(v1);
      for (const routes of V1_ROUTES) routes(v1, context);
      liveRoutes(v1, hub);
    },
    { prefix: "/api/v1" },
  );
  return app;
};
