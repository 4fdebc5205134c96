import { PATH_STATES } from "../part-status.ts";
import { Count, Nullable, named, Time, Word } from "./common.ts";
import { Type } from "./type.ts";

const Seconds = (description: string) => Nullable(Type.Number({ minimum: 0, description }));

/** One of several ways datagrams come by (`path=` of a listener). */
export const Path = named(
  Type.Object({
    path: Nullable(Type.String({ description: "null: of the listeners without path=" })),
    listeners: Type.Array(Type.String(), { description: "their URLs" }),
    state: Word(PATH_STATES, {
      description: "down: it brings nothing while the others bring what it should",
    }),
    since: Time("of this state"),
    expected: Count("numbers it should have brought: those of devices heard by it"),
    received: Count("of these: came by it"),
    redundant: Count("of received: had come by another path before"),
    onlyHere: Type.Integer({
      minimum: 0,
      description: "of received: came by no other path, or not yet",
    }),
    absent: Type.Integer({
      minimum: 0,
      description: "expected - received: lost on this path, or on the way",
    }),
    loss: Nullable(
      Type.Number({ minimum: 0, maximum: 1, description: "absent / expected; null: nothing expected" }),
    ),
    skew: Type.Object(
      {
        medianSeconds: Seconds("half of them were not later"),
        p99Seconds: Seconds("99 of 100 were not later"),
      },
      { description: "how much later than the first copy its redundant ones came; null: there were none" },
    ),
  }),
  "Path",
);
