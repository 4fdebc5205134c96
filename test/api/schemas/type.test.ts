import { Type as TypeBox } from "typebox";
import { expect, test } from "vitest";
import { Type } from "../../../api/schemas/type.ts";

const options = { description: "what it is" };

/** one of each shape */
const shapes = (type: typeof Type) => [
  type.Array(type.String(), { maxItems: 3, ...options }),
  type.Array(type.Number()),
  type.Boolean(),
  type.Boolean(options),
  type.Integer({ minimum: 1, maximum: 9 }),
  type.Integer(),
  type.Number({ minimum: 0 }),
  type.String({ minLength: 1, ...options }),
  type.Union([type.String(), type.Number()], options),
  type.Union([type.Boolean()]),
  type.Unsafe<number>({ type: "string", enum: ["a", "b"] }),
  type.Object({}),
  type.Object({ a: type.Optional(type.String()) }),
  type.Object(
    { a: type.Optional(type.String()), b: type.Number(), c: type.Object({ d: type.Integer() }) },
    { additionalProperties: false, ...options },
  ),
  type.Optional({ ...type.String(options), default: "x" }),
];

test("schemas are those of TypeBox, whose types they have", () => {
  expect(JSON.stringify(shapes(Type))).toBe(JSON.stringify(shapes(TypeBox)));
});
