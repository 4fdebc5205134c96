import type { RequestListener } from "node:http";
import type { Socket } from "node:net";
import type { FastifyError, FastifyReply, FastifyRequest, FastifySchemaValidationError } from "fastify";
import type { Clock } from "../../common/clock.ts";
import { codeOf } from "../../common/errors.ts";
import { createRepeatLimiter } from "../../common/logger.ts";
import { METHODS } from "../../common/node-http.ts";
import type { App } from "../context.ts";
import {
  ApiError,
  apiErrorOf,
  type ParameterMistake,
  PROBLEM_TYPE,
  type ProblemCode,
  parameterError,
  problemOf,
} from "../problems.ts";
import { cutOff, endsAnswer } from "../sending/cut-off.ts";
import { SECURITY_HEADERS } from "./security-headers.ts";

/** They were of the answer that did not come to be: a stream may fail when all but its head is made, its compression begun. */
const OF_ANSWER = ["etag", "cache-control", "content-encoding", "lacuna-completeness", "link"];

const send = (reply: FastifyReply, error: ApiError): FastifyReply => {
  const problem = problemOf(error);
  for (const name of OF_ANSWER) reply.removeHeader(name);
  // a text is sent as it is: no route's schema takes anything away from it
  return reply.code(problem.status).type(PROBLEM_TYPE).send(JSON.stringify(problem));
};

interface ParameterSchema {
  type?: string;
  enum?: readonly unknown[];
  minimum?: number;
  maximum?: number;
  description?: string;
}

const acceptedBy = ({ type, enum: choices, minimum, maximum, description }: ParameterSchema): string => {
  if (choices !== undefined) return `accepted is one of ${choices.join(", ")}`;
  if (type === "number" && minimum !== undefined) return `accepted is a number from ${minimum} to ${maximum}`;
  if (type === "integer") return `accepted is an integer from ${minimum} to ${maximum}`;
  return `accepted is ${description ?? type ?? "another value"}`;
};

const mistakeOf = (error: FastifySchemaValidationError): ParameterMistake => {
  if (error.keyword === "additionalProperties") {
    return { name: String(error.params.additionalProperty), detail: "this parameter is unknown here" };
  }
  if (error.keyword === "required") {
    return { name: String(error.params.missingProperty), detail: "this parameter is required" };
  }
  const [, name = "request"] = error.instancePath.split("/");
  // ajv is asked to be verbose: the value and the schema of the parameter come with the error
  const { data, parentSchema = {} } = error as { data?: unknown; parentSchema?: ParameterSchema };
  const isRepeated = Array.isArray(data) && parentSchema.type !== "array";
  return { name, detail: `${acceptedBy(parentSchema)}${isRepeated ? ", given once" : ""}` };
};

/** Named in one answer. A URL holds 13,000 wrong parameters: all of them were 1.4 MB, on routes that ask for no token too. */
const MOST_MISTAKES = 100;

const validationError = (errors: readonly FastifySchemaValidationError[]): ApiError => {
  const mistakes = new Map<string, ParameterMistake>();
  for (const error of errors) {
    const mistake = mistakeOf(error);
    mistakes.set(mistake.name, mistake);
    if (mistakes.size === MOST_MISTAKES) break;
  }
  return parameterError([...mistakes.values()]);
};

const FAILURES: readonly string[] = [
  "ERR_INTERNAL",
  "ERR_UNAVAILABLE",
  "ERR_DATABASE_DAMAGED",
  "ERR_DATABASE_UNREADABLE",
] satisfies ProblemCode[];

export type ErrorHandler = (
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
) => FastifyReply;

/** Answers every error that reaches Fastify by RFC 9457; failures inside are logged, the same one every 10 s at most. */
export const createErrorHandler = (clock: Clock): ErrorHandler => {
  const limiter = createRepeatLimiter(clock);
  return (error, request, reply) => {
    const answer = error.validation === undefined ? apiErrorOf(error) : validationError(error.validation);
    // what a route itself refuses is none: the live feed answers so while the collector stops
    const isFailure = !(error instanceof ApiError) && FAILURES.includes(answer.code);
    // a stop closes the store while some still ask
    const isStopping = codeOf(error) === "ERR_READER_CLOSED";
    // nobody waits for the answer to a client that is gone; the request may hear of it later
    if (isFailure && !isStopping && !request.raw.socket.destroyed) {
      limiter.limit(`${codeOf(error)} ${request.routeOptions.url}`, (heldBack) =>
        request.log.error({ err: error, url: request.url, heldBack }, "request failed"),
      );
    }
    return send(reply, answer);
  };
};

/** What Fastify refuses before any hook has seen it, like a malformed URL. */
export const createFrameworkErrorHandler =
  (handleError: ErrorHandler): ErrorHandler =>
  (error, request, reply) => {
    for (const [name, value] of SECURITY_HEADERS) reply.raw.setHeader(name, value);
    return handleError(error, request, reply);
  };

/** Those to whom nothing can be told: the client is gone, or has not begun its TLS in two minutes, and what is written would wait for that. */
const UNTOLD = ["ECONNRESET", "ERR_TLS_HANDSHAKE_TIMEOUT"];

/** Bytes that are no HTTP request never become one: answered on the bare socket. */
export const answerClientError = (error: Error & { code?: string }, socket: Socket): void => {
  if (UNTOLD.includes(error.code ?? "") || !socket.writable || endsAnswer(socket)) {
    cutOff(socket);
    return;
  }
  const known = apiErrorOf(error);
  const answer =
    known.code === "ERR_INTERNAL" ? new ApiError("ERR_MALFORMED_REQUEST", "this is not HTTP") : known;
  const problem = problemOf(answer);
  const body = JSON.stringify(problem);
  const headers = SECURITY_HEADERS.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.end(
    `HTTP/1.1 ${problem.status} ${problem.title}\r\n${headers}Content-Type: ${PROBLEM_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
};

/**
 * Node takes methods of RTSP as well, which whoever looks for cameras asks every open port. Fastify knows no route for them, takes that for a defect of its
 * own, and logs all of its routes at each such request, before any hook. @param app - not yet listening
 */
export const refuseOtherProtocols = (app: App): void => {
  const [route] = app.server.listeners("request") as RequestListener[];
  app.server.removeAllListeners("request");
  app.server.on("request", (request, response) => {
    if (METHODS.includes(request.method!)) {
      route!(request, response);
      return;
    }
    const problem = problemOf(new ApiError("ERR_MALFORMED_REQUEST", "this is not HTTP"));
    const headers = [...SECURITY_HEADERS, ["content-type", PROBLEM_TYPE], ["connection", "close"]];
    response.writeHead(problem.status, headers.flat()).end(JSON.stringify(problem));
  });
};

/** An `Expect` other than 100-continue is left out of account, as RFC 9110 §10.1.1 allows: Node would answer 417 before any hook, and without a word. */
export const ignoreExpectations = ({ server }: App): void => {
  server.on("checkExpectation", (request, response) => server.emit("request", request, response));
};

/** What cannot be decoded in a query would be taken as it is written: `device=%E9` for a device of that name, of which nothing ever comes. */
export const refuseMalformedQueries = (app: App): void => {
  app.addHook("onRequest", async ({ url }) => {
    const start = url.indexOf("?");
    if (start < 0 || !url.includes("%", start)) return;
    try {
      decodeURIComponent(url.slice(start));
    } catch {
      throw new ApiError("ERR_MALFORMED_URL", "a percent-encoding in the query is not UTF-8");
    }
  });
};

const nothingThere = (app: App, request: FastifyRequest, reply: FastifyReply): ApiError =>
  // methods the router has never heard of reach no route: nothing takes them, here or elsewhere
  app.supportedMethods.includes(request.method)
    ? new ApiError("ERR_NOT_FOUND", `there is nothing at ${request.url}; /api/v1 lists what there is`)
    : methodError(reply);

/** Errors, and what turns out not to be there, such as a file. */
export const installErrors = (app: App, handleError: ErrorHandler): void => {
  app.setErrorHandler(handleError);
  app.setNotFoundHandler((request, reply) => send(reply, nothingThere(app, request, reply)));
};

/** Before a body that comes along is read: what is wrong with one that nobody takes says nothing of the URL. */
export const refuseUnknownRoutes = (app: App): void => {
  app.addHook("onRequest", async (request, reply) => {
    if (request.is404) throw nothingThere(app, request, reply);
  });
};

const READING_METHODS = ["GET", "HEAD"];

const methodError = (reply: FastifyReply): ApiError => {
  reply.header("allow", READING_METHODS.join(", "));
  return new ApiError("ERR_METHOD_NOT_ALLOWED", `accepted here is ${READING_METHODS.join(" and ")}`);
};

/** Every route registered from now on answers 405 to the methods it has not, whatever body comes with them. */
export const refuseOtherMethods = (app: App): void => {
  const refused = app.supportedMethods.filter((method) => !READING_METHODS.includes(method));
  const refuse = async (_request: FastifyRequest, reply: FastifyReply): Promise<never> => {
    throw methodError(reply);
  };
  app.addHook("onRoute", ({ method, url }) => {
    if (method !== "GET") return;
    app.route({ method: refused, url, schema: { hide: true }, onRequest: refuse, handler: refuse });
  });
};
