import type { FastifyRequest } from "fastify";
import type { App } from "../context.ts";

interface ParameterSchemas {
  properties?: Readonly<Record<string, { type?: unknown }>>;
}

/** Digits, as people write numbers; validation alone would take `1e2`, `0x10` and ` 5` for numbers too. */
const SHAPES: Readonly<Record<string, RegExp>> = { integer: /^\d+$/, number: /^\d+(\.\d+)?$/ };

/** Numbers among the query parameters are decimal on every route registered from now on; what is not is refused as no number at all. */
export const takeDecimalNumbers = (app: App): void => {
  app.addHook("onRoute", (route) => {
    const { properties = {} } = (route.schema?.querystring ?? {}) as ParameterSchemas;
    const shapes = Object.entries(properties).flatMap(([name, { type }]) => {
      const shape = SHAPES[String(type)];
      return shape === undefined ? [] : [[name, shape] as const];
    });
    if (shapes.length === 0) return;
    const check = async ({ query }: FastifyRequest): Promise<void> => {
      const values = query as Record<string, unknown>;
      for (const [name, shape] of shapes) {
        const value = values[name];
        // named with all other mistakes by the validation that follows
        if (typeof value === "string" && !shape.test(value)) values[name] = Number.NaN;
      }
    };
    route.preValidation = [route.preValidation ?? [], check].flat();
  });
};
