import type { Static, TObject, TProperties, TSchema } from "typebox";
import { ANNOUNCEMENTS } from "../../protocol/device-status.ts";
import { PROBLEMS } from "../problems.ts";
import { QUERY_TIME, TIME_ACCEPTED } from "../requests/query-time.ts";
import { Type } from "./type.ts";

/** RFC 3339 in UTC with six digits of fraction. */
export const Time = (description: string) =>
  Type.String({ format: "date-time", description, examples: ["2026-11-20T12:00:00.123456Z"] });

/** A count; it may pass 2^53, and is an exact JSON integer then too. */
export const Count = (description: string) =>
  Type.Unsafe<number | bigint>(Type.Integer({ minimum: 0, description }));

/** The same schema, or null. Written as a type list, which serialises faster than `anyOf`. */
export const Nullable = <S extends TSchema & { type: string }>(schema: S) =>
  Type.Unsafe<Static<S> | null>({ ...schema, type: [schema.type, "null"] });

export const Announced = Nullable(
  Type.String({
    enum: [...ANNOUNCEMENTS, null],
    description: "what it announced about its silence: a sleep, or its orderly end",
  }),
);

export const RateHz = Nullable(
  Type.Number({
    minimum: 0,
    description:
      "numbers a second the device has used lately (datagrams, where it has none); null: unknown, as while it is offline",
  }),
);

/** A text that is one of a few. */
export const Word = <const W extends string>(words: readonly W[], options: { description?: string } = {}) =>
  Type.Unsafe<W>({ type: "string", enum: [...words], ...options });

/** A parameter that may be left out; validation fills in the default, so that handlers always find a value. */
export const Defaulted = <S extends TSchema>(schema: S, value: Static<S>): S =>
  Type.Optional({ ...schema, default: value }) as unknown as S;

/** An object whose members are all of one schema. */
export const MapOf = <S extends TSchema>(schema: S, description: string) =>
  Type.Unsafe<Record<string, Static<S>>>({ type: "object", additionalProperties: schema, description });

/** A reference to a schema registered under its `$id`: a component of the OpenAPI document. */
export const RefTo = <S extends TSchema & { $id: string }>(schema: S) =>
  Type.Unsafe<Static<S>>({ $ref: `${schema.$id}#` });

/** Gives an object schema its name as a component. */
export const named = <P extends TProperties, const Id extends string>(
  schema: TObject<P>,
  $id: Id,
): TObject<P> & { $id: Id } => Object.assign(schema, { $id });

export const DeviceParams = Type.Object({
  id: Type.String({
    description: "device id, percent-encoded UTF-8; a slash is %2F, the ids . and .. are .%7F and ..%7F",
  }),
});

/** Query parameters: anything else is refused by name. */
export const Query = <P extends TProperties>(properties: P) =>
  Type.Object(properties, { additionalProperties: false });

export const NoQuery = Query({});

export const Limit = (maximum: number) =>
  Defaulted(Type.Integer({ minimum: 1, maximum, description: "most items in the answer" }), 100);

/** A limit whose default depends on other parameters. */
export const OptionalLimit = (maximum: number, description: string) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum, description }));

export const Cursor = Type.Optional(
  Type.String({ minLength: 1, maxLength: 2000, description: "`next` of the answer before" }),
);

export const ChannelFilter = Type.Optional(
  Type.Array(
    Type.String({ minLength: 1, maxLength: 300, description: "a channel name of 1 to 300 characters" }),
    {
      maxItems: 1024,
      description: "channel name; repeatable, up to 1,024 of them; all channels when left out",
    },
  ),
);

export const Next = Nullable(Type.String({ description: "cursor of the next page; null at the end" }));

/** How the times of an answer are written. */
export const TimeFormQuery = Defaulted(
  Word(["rfc3339", "us", "ms"], {
    description: "how times are written: as text, or as micro- or milliseconds since the Unix epoch",
  }),
  "rfc3339",
);

/** A time of an answer whose form is asked for with `time`. */
export const AnyTime = (description: string) =>
  Type.Unsafe<string | number>({
    description: `${description}; a number with \`time=us\` or \`time=ms\``,
    anyOf: [Time("RFC 3339"), { type: "number" }],
  });
export const AnyTimeOrNull = (description: string) =>
  Type.Unsafe<string | number | null>({
    description: `${description}; a number with \`time=us\` or \`time=ms\``,
    anyOf: [Time("RFC 3339"), { type: "number" }, { type: "null" }],
  });

/** A span of time as a query gives it. @param from - what it says of what is found, and `to` */
export const timeRangeQuery = (from: string, to: string) => ({
  from: Type.Optional(Type.String({ format: QUERY_TIME, description: `${TIME_ACCEPTED}; ${from}` })),
  to: Type.Optional(Type.String({ format: QUERY_TIME, description: `${TIME_ACCEPTED}; ${to}` })),
});

export const TimeRangeQuery = timeRangeQuery("inclusive", "exclusive");

export const Problem = named(
  Type.Object(
    {
      type: Type.String(),
      title: Type.String(),
      status: Type.Integer(),
      detail: Type.String(),
      code: Word(Object.keys(PROBLEMS), { description: "stable; tells causes apart" }),
      parameters: Type.Optional(Type.Array(Type.Object({ name: Type.String(), detail: Type.String() }))),
      reasons: Type.Optional(Type.Array(Type.String())),
      completeness: Type.Optional(Nullable(Type.Number())),
    },
    { description: "RFC 9457 problem details" },
  ),
  "Problem",
);

/** A good answer the route writes as text itself, so that its schema describes but does not serialise it. */
export const textResponse = (description: string, content: Readonly<Record<string, TSchema>>) => ({
  description,
  content: Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema }])),
});

/** How the answer of an error status is described. */
const problemResponse = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: RefTo(Problem) } },
});

/** Error answers of a probe, beside its good ones. */
export const PROBE_ERRORS = {
  400: problemResponse("an unknown or repeated parameter, or a value that is not accepted"),
  421: problemResponse("where no token is configured: `Host` is no name of loopback"),
  500: problemResponse("an error inside the collector"),
} as const;
/** Of another route that everybody may ask. */
export const OPEN_ERRORS = {
  ...PROBE_ERRORS,
  429: problemResponse("where `rateLimit` is configured: beyond it"),
} as const;
/** Of all others. */
export const ERRORS = {
  ...OPEN_ERRORS,
  401: problemResponse("where tokens are configured: none, or one that is not valid"),
} as const;
/** Of routes whose answer changes with a commit only (`unchangedSinceCommit`). */
export const NOT_MODIFIED = {
  304: { type: "null", description: "nothing has changed since the answer with that `ETag`" },
} as const;
export const NO_DEVICE = { 404: problemResponse("no such device") } as const;
export const NO_DEVICE_OR_CHANNEL = {
  404: problemResponse("no such device, or it has no such channel"),
} as const;
export const TOO_LARGE = { 422: problemResponse("it would read more readings than one query may") } as const;
export const UNAVAILABLE = {
  503: problemResponse("the database cannot answer now, or not in time"),
} as const;
export const INCOMPLETE = { 409: problemResponse("less complete than `min_completeness`") } as const;
export const NOT_READY = { 503: problemResponse("not ready; `reasons` says why") } as const;
