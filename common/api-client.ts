import { setTimeout as sleep } from "node:timers/promises";
import { codeOf, LacunaError, messageOf } from "./errors.ts";

/** A part of a list; `next` continues it. */
type Page<Name extends string, Item> = Record<Name, Item[]> & { next: string | null };

const TRIES = 5;
const RETRY_MS = 500;
/** the collector is busy or asks to be asked less often */
const TRY_AGAIN: readonly number[] = [429, 503];
const NOT_FOUND = 404;

/** A query parameter the API does not accept. */
export interface WrongParameter {
  name: string;
  /** what is accepted */
  detail: string;
}

/** The API answered with an error. */
export class ApiAnswerError extends LacunaError {
  readonly status: number;
  readonly parameters: readonly WrongParameter[];
  /** the answer's own `code`; "" when it has none */
  readonly problem: string;
  /** what is wrong, in the answer's words and without the request */
  readonly detail: string;

  constructor(
    code: string,
    message: string,
    status: number,
    parameters: readonly WrongParameter[],
    problem = "",
    detail = message,
  ) {
    super(code, message);
    this.status = status;
    this.parameters = parameters;
    this.problem = problem;
    this.detail = detail;
  }
}

type Asked = Pick<RequestInit, "headers" | "signal">;

/** What every such answer of a collector has, by name: `{}` stands for an object, `[{}]` for a list of objects. */
interface Shape {
  readonly [name: string]: Shape | [Shape];
}

const isLike = (value: unknown, shape: Shape | [Shape]): boolean => {
  if (Array.isArray(shape)) return Array.isArray(value) && value.every((item) => isLike(item, shape[0]));
  if (!isObject(value) || Array.isArray(value)) return false;
  return Object.entries(shape).every(([name, inner]) => isLike(value[name], inner));
};

export interface ApiAccess {
  /** sent as `Authorization: Bearer`; null = none */
  token: string | null;
  /** code of the errors thrown; default `ERR_API` */
  errorCode?: string;
}

/** Path of a device. `.` and `..` are steps in every URL, however they are written: these two have a control character behind them there. */
export const devicePath = (id: string): string =>
  `/devices/${encodeURIComponent(id)}${/^\.{1,2}$/.test(id) ? "%7F" : ""}`;

/** Asks a collector's HTTP API. Every call throws LacunaError when it cannot be reached or answers with an error. */
export class ApiClient {
  readonly #baseUrl: string;
  readonly #headers: Record<string, string>;
  readonly #errorCode: string;

  /** @param baseUrl - such as http://127.0.0.1:8047; with or without `/api/v1`, as demo and messages tell it */
  constructor(baseUrl: string, { token, errorCode = "ERR_API" }: ApiAccess) {
    this.#baseUrl = `${baseUrl.replace(/(\/api\/v1)?\/*$/, "")}/api/v1`;
    this.#headers = token === null ? {} : { authorization: `Bearer ${token}` };
    this.#errorCode = errorCode;
  }

  /** null when the API answers 404. */
  async find<T>(path: string, shape: Shape): Promise<T | null> {
    try {
      return await this.get<T>(path, shape);
    } catch (error) {
      if (error instanceof ApiAnswerError && error.status === NOT_FOUND) return null;
      throw error;
    }
  }

  /** @param shape - by which an answer is known for a collector's */
  async get<T>(path: string, shape: Shape, request: Asked = {}): Promise<T> {
    const response = await this.#ask(path, request, TRIES);
    return this.#ours(parseObject(await this.#textOf(path, response)), shape) as T;
  }

  /**
   * An answer to be read as it comes. Its body fails when the connection breaks before the end.
   * @param type - of its content
   * @param tries - how often it is asked while the collector is busy
   */
  async open(path: string, type: string, request: Asked = {}, tries = TRIES): Promise<Response> {
    const response = await this.#ask(path, request, tries);
    if (response.headers.get("content-type")?.startsWith(type)) return response;
    await response.body?.cancel();
    throw this.#foreign();
  }

  /** Every page of a list. @param filters - query parameters of the list */
  async *pages<Name extends string, Item>(
    path: string,
    name: Name,
    limit: number,
    filters: Readonly<Record<string, string>> = {},
    request: Asked = {},
  ): AsyncGenerator<Item[]> {
    let cursor: string | null = null;
    do {
      const query = new URLSearchParams({ ...filters, limit: String(limit) });
      if (cursor !== null) query.set("cursor", cursor);
      const page: Page<Name, Item> = await this.get(`${path}?${query}`, { [name]: [{}] }, request);
      yield page[name];
      cursor = page.next;
    } while (cursor !== null);
  }

  /** A good answer. @param most - how often it is asked while the collector is busy */
  async #ask(path: string, request: Asked, most: number): Promise<Response> {
    for (let tries = 1; ; tries++) {
      const response = await this.#fetch(path, request);
      if (response.ok) return response;
      const error = await this.#answerError(path, response);
      if (!TRY_AGAIN.includes(response.status) || tries === most) throw error;
      const afterSeconds = Number(response.headers.get("retry-after") ?? Number.NaN);
      const afterMs = Number.isFinite(afterSeconds) ? afterSeconds * 1000 : RETRY_MS * tries;
      await sleep(afterMs, undefined, request.signal == null ? {} : { signal: request.signal });
    }
  }

  async #fetch(path: string, { headers, signal }: Asked): Promise<Response> {
    try {
      return await fetch(this.#baseUrl + path, {
        headers: { ...this.#headers, ...(headers as Record<string, string> | undefined) },
        ...(signal == null ? {} : { signal }),
      });
    } catch (error) {
      const why = whyOf(error);
      const sentence = remedyOf(codeOf(why) ?? "", this.#baseUrl);
      throw sentence === null
        ? this.#error(path, messageOf(why), error)
        : new LacunaError(this.#errorCode, sentence, { cause: error });
    }
  }

  async #textOf(path: string, response: Response): Promise<string> {
    try {
      return await response.text();
    } catch (error) {
      throw this.#error(path, `the answer broke off: ${messageOf(whyOf(error))}`, error);
    }
  }

  #ours(answer: unknown, shape: Shape): unknown {
    if (isLike(answer, shape)) return answer;
    throw this.#foreign();
  }

  #foreign(): LacunaError {
    return new LacunaError(this.#errorCode, `what answers at ${this.#baseUrl} is no collector`);
  }

  async #answerError(path: string, response: Response): Promise<ApiAnswerError> {
    const text = await this.#textOf(path, response);
    const { detail = inOneLine(text), parameters = [], code } = problemOf(parseObject(text));
    const message = `GET ${this.#baseUrl}${path}: status ${response.status}: ${detail}`;
    return new ApiAnswerError(this.#errorCode, message, response.status, parameters, code, detail);
  }

  #error(path: string, what: string, cause?: unknown): LacunaError {
    return new LacunaError(this.#errorCode, `GET ${this.#baseUrl}${path}: ${what}`, { cause });
  }
}

/** fetch says only that it failed, or was "terminated"; what failed is its cause. */
const whyOf = (error: unknown): unknown =>
  error instanceof Error && error.cause !== undefined ? error.cause : error;

const UNTRUSTED =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT.*))$/;

/** Where a person can do something about a connection that was not made: what; null = the error says all there is. */
const remedyOf = (code: string, url: string): string | null => {
  if (code === "ECONNREFUSED")
    return `nothing answers at ${url} (${code}): the collector does not run, or its API is elsewhere`;
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER")
    return `what answers at ${url} does not speak TLS: its URL begins with http://`;
  if (code === "UND_ERR_SOCKET" || code === "ECONNRESET") {
    const where = url.startsWith("http:")
      ? "where the collector has a certificate its URL begins with https://; without one it"
      : "the collector";
    return `the connection to ${url} was closed without an answer: ${where} may have as many connections as it takes, which its log says`;
  }
  if (UNTRUSTED.test(code))
    return `the certificate of ${url} is not trusted here (${code}): NODE_EXTRA_CA_CERTS=FILE in the environment adds those of a PEM file`;
  return null;
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/** Something else on the way may answer with anything: an object without members then. */
const parseObject = (text: string): Record<string, unknown> => {
  try {
    const parsed: unknown = JSON.parse(text);
    return isObject(parsed) ? parsed : {};
  } catch {
    // no JSON
    return {};
  }
};

const isWrongParameter = (item: unknown): item is WrongParameter =>
  typeof (item as Partial<WrongParameter> | null)?.name === "string";

/** What an error answer says of itself (RFC 9457), as far as it is one. */
const problemOf = ({
  code,
  detail,
  parameters,
}: Record<string, unknown>): { code?: string; detail?: string; parameters?: WrongParameter[] } => ({
  ...(typeof code === "string" ? { code } : {}),
  ...(typeof detail === "string" ? { detail } : {}),
  ...(Array.isArray(parameters) ? { parameters: parameters.filter(isWrongParameter) } : {}),
});

const MOST_SHOWN = 200;

/** The page of another server, so that it can be told what it is: its beginning, without what would move a terminal's cursor. */
const inOneLine = (text: string): string => {
  const line = text.replaceAll(/[\p{Cc}\s]+/gu, " ").trim();
  return line.length <= MOST_SHOWN ? line : `${line.slice(0, MOST_SHOWN)} …`;
};
