import type { TSchema, Type as TypeBox } from "typebox";

/** of TypeBox: not enumerable, so that it is no part of the schema as JSON */
const OPTIONAL = "~optional";

type Options = Readonly<Record<string, unknown>>;

const optional = (schema: TSchema) => Object.defineProperty({ ...schema }, OPTIONAL, { value: true });

const object = (properties: Readonly<Record<string, TSchema>>, options?: Options) => {
  const required = Object.keys(properties).filter((name) => !(OPTIONAL in properties[name]!));
  return { type: "object", ...(required.length > 0 && { required }), properties, ...options };
};

type Builders = Pick<
  typeof TypeBox,
  "Array" | "Boolean" | "Integer" | "Number" | "Object" | "Optional" | "String" | "Union" | "Unsafe"
>;

/**
 * The builders of TypeBox that the API's schemas need, with TypeBox's own types and results. Of the package itself only types are imported:
 * it is 370 modules, all of which every start would load, 80 ms and 14 MiB for these few lines.
 */
export const Type = {
  Array: (items: TSchema, options?: Options) => ({ type: "array", items, ...options }),
  Boolean: (options?: Options) => ({ type: "boolean", ...options }),
  Integer: (options?: Options) => ({ type: "integer", ...options }),
  Number: (options?: Options) => ({ type: "number", ...options }),
  Object: object,
  Optional: optional,
  String: (options?: Options) => ({ type: "string", ...options }),
  Union: (anyOf: readonly TSchema[], options?: Options) => ({ anyOf, ...options }),
  Unsafe: (schema: TSchema) => schema,
} as unknown as Builders;
