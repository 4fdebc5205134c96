import { SerializerSelector } from "@fastify/fast-json-stringify-compiler";

type SerializerFactory = ReturnType<typeof SerializerSelector>;

/**
 * Fastify's own serializers, each made of its schema when the first answer needs it. There is one for each status of each route, a hundred in
 * all of which few are ever used: to make them took half of the processor time of a start, 0.8 s.
 */
export const lazySerializers: SerializerFactory = (schemas, options) => {
  const make = SerializerSelector()(schemas, options);
  return (route) => {
    let serialize: ReturnType<typeof make> | undefined;
    return (answer) => {
      serialize ??= make(route);
      return serialize(answer);
    };
  };
};
