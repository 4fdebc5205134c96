import { codeOf, LacunaError, messageOf } from "../common/errors.ts";
import { STATUS_CODES } from "../common/node-http.ts";

/** Every `code` an error answer can have, with its HTTP status. Codes never change their meaning. */
export const PROBLEMS = {
  ERR_PARAMETER: 400,
  ERR_MALFORMED_URL: 400,
  ERR_MALFORMED_REQUEST: 400,
  ERR_UNAUTHENTICATED: 401,
  ERR_FORBIDDEN: 403,
  ERR_NOT_FOUND: 404,
  ERR_UNKNOWN_DEVICE: 404,
  ERR_UNKNOWN_CHANNEL: 404,
  ERR_METHOD_NOT_ALLOWED: 405,
  ERR_REQUEST_TIMEOUT: 408,
  ERR_INCOMPLETE: 409,
  ERR_URL_TOO_LONG: 414,
  ERR_MISDIRECTED: 421,
  ERR_QUERY_TOO_LARGE: 422,
  ERR_TOO_MANY_REQUESTS: 429,
  ERR_HEADERS_TOO_LARGE: 431,
  ERR_INTERNAL: 500,
  ERR_DATABASE_DAMAGED: 500,
  ERR_DATABASE_UNREADABLE: 503,
  ERR_NOT_READY: 503,
  ERR_QUERY_TIMEOUT: 503,
  ERR_UNAVAILABLE: 503,
  ERR_TOO_MANY_CLIENTS: 503,
} as const;
export type ProblemCode = keyof typeof PROBLEMS;

export const PROBLEM_TYPE = "application/problem+json";

/** One query or path parameter that is wrong. */
export interface ParameterMistake {
  name: string;
  /** what is accepted, or that the parameter is unknown */
  detail: string;
}

/** RFC 9457 body; `type` is `about:blank`, so the title is the status phrase and `code` tells causes apart. */
export interface Problem {
  type: "about:blank";
  title: string;
  status: number;
  detail: string;
  code: ProblemCode;
  /** with ERR_PARAMETER: every wrong parameter */
  parameters?: readonly ParameterMistake[];
  /** with ERR_INCOMPLETE: what it is; null = nothing was expected, or nothing is numbered */
  completeness?: number | null;
  /** with ERR_NOT_READY: everything that is wrong */
  reasons?: readonly string[];
}

/** An error whose answer is known. */
export class ApiError extends LacunaError {
  declare readonly code: ProblemCode;
  readonly extra: Pick<Problem, "parameters" | "reasons" | "completeness">;

  constructor(code: ProblemCode, detail: string, extra: ApiError["extra"] = {}) {
    super(code, detail);
    this.extra = extra;
  }
}

/** 400 naming each wrong parameter and what is accepted. */
export const parameterError = (mistakes: readonly ParameterMistake[]): ApiError => {
  const detail = mistakes.map((mistake) => `${mistake.name}: ${mistake.detail}`).join("; ");
  return new ApiError("ERR_PARAMETER", detail, { parameters: mistakes });
};

export const problemOf = (error: ApiError): Problem => {
  const status = PROBLEMS[error.code];
  return {
    type: "about:blank",
    title: STATUS_CODES[status] ?? "Error",
    status,
    detail: error.message,
    code: error.code,
    ...error.extra,
  };
};

/** What Fastify and Node report, in our words. */
const FOREIGN: Readonly<Record<string, [ProblemCode, string]>> = {
  FST_ERR_BAD_URL: ["ERR_MALFORMED_URL", "a percent-encoding in the path is not UTF-8"],
  HPE_INVALID_URL: [
    "ERR_MALFORMED_URL",
    "a character of the URL must be percent-encoded as UTF-8, as é is %C3%A9",
  ],
  FST_ERR_MAX_PARAM_LENGTH: ["ERR_URL_TOO_LONG", "a part of the path is longer than any device id"],
  HPE_HEADER_OVERFLOW: ["ERR_HEADERS_TOO_LARGE", "URL and headers are too large"],
  ERR_HTTP_REQUEST_TIMEOUT: ["ERR_REQUEST_TIMEOUT", "the request took too long to arrive"],
};

/** What the reader says of a query, as it is. */
const OF_QUERIES = ["ERR_QUERY_TIMEOUT", "ERR_QUERY_TOO_LARGE"] as const satisfies ProblemCode[];

/** The parameter that is wrong when the reader says so. */
const OF_PARAMETERS: Readonly<Record<string, string>> = { ERR_CURSOR: "cursor", ERR_SERIES_STEP: "step" };

/** The reader is gone, busy or closed, or SQLite itself failed: another time it may answer. */
const DATABASE_CODES = /^(ERR_READER|ERR_QUERY_CANCELLED|SQLITE_)/;

/** Pages or blobs that are not what was written (db/file/damage.ts): another time they are the same. */
const DAMAGE_CODES = /^(ERR_SEGMENT_CORRUPT|ERR_DATABASE_DAMAGED|SQLITE_CORRUPT.*)$/;

const statusOf = (error: unknown): number =>
  typeof error === "object" && error !== null && "statusCode" in error ? Number(error.statusCode) : 500;

/** The one place where what was thrown becomes an answer. Details of a failure inside are for the log, not for the client. */
export const apiErrorOf = (error: unknown): ApiError => {
  if (error instanceof ApiError) return error;
  const code = codeOf(error) ?? "";
  const foreign = FOREIGN[code];
  if (foreign !== undefined) return new ApiError(...foreign);
  const parameter = OF_PARAMETERS[code];
  if (parameter !== undefined) return parameterError([{ name: parameter, detail: messageOf(error) }]);
  const ofQuery = OF_QUERIES.find((known) => known === code);
  if (ofQuery !== undefined) return new ApiError(ofQuery, messageOf(error));
  if (DAMAGE_CODES.test(code)) {
    return new ApiError(
      "ERR_DATABASE_DAMAGED",
      `what was asked for is damaged in the database: ${messageOf(error)}`,
    );
  }
  if (code === "ERR_DATABASE_UNREADABLE")
    return new ApiError(code, "the disk does not give what was asked for of the database; try again");
  const status = statusOf(error);
  if (status === 503 || DATABASE_CODES.test(code)) {
    return new ApiError("ERR_UNAVAILABLE", "the database cannot answer now; try again");
  }
  // a directory among the dashboard's files
  if (status === 403) return new ApiError("ERR_NOT_FOUND", "there is no file of that name");
  if (status === 429) return new ApiError("ERR_TOO_MANY_REQUESTS", messageOf(error));
  if (status >= 400 && status < 500) return new ApiError("ERR_MALFORMED_REQUEST", messageOf(error));
  return new ApiError("ERR_INTERNAL", "an error inside the collector; its log tells more");
};
