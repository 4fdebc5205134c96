import { expect, test } from "vitest";
import { stopParts } from "../../../cli/service/stop-parts.ts";

test("parts stop one after the other, those behind one that fails too, and the first failure is thrown", async () => {
  const stopped: string[] = [];
  const part = (name: string, failure?: Error) => ({
    stop: async () => {
      await Promise.resolve();
      stopped.push(name);
      if (failure !== undefined) throw failure;
    },
  });
  const [first, second] = [new Error("first"), new Error("second")];
  await expect(stopParts([part("a"), part("b", first), part("c", second), part("d")])).rejects.toBe(first);
  expect(stopped).toEqual(["a", "b", "c", "d"]);
});
