import { expect } from "vitest";
import { examineDatabase } from "../../../db/check/examine.ts";
import { SCHEMA_VERSION } from "../../../db/file/open.ts";
import type { StoredWorld } from "./stored-world.ts";

/** Whatever a store lived through, nothing is wrong with what it wrote. */
export const checkSound = (world: StoredWorld): void => {
  world.flush();
  expect(examineDatabase(world.copy(), world.nowUs)).toBe(SCHEMA_VERSION);
};
