import { expect, test } from "vitest";
import { isCrosstalk } from "../../../collector/ingest/crosstalk.ts";

test("any sender may be heard where none is named, else that one alone", () => {
  expect(isCrosstalk(null, "10.0.0.1")).toBe(false);
  expect(isCrosstalk("10.0.0.1", "10.0.0.1")).toBe(false);
  expect(isCrosstalk("10.0.0.1", "10.0.0.10")).toBe(true);
});

test("a link-local sender is the same on whichever interface it is heard", () => {
  expect(isCrosstalk("fe80::1", "fe80::1%eth0")).toBe(false);
  expect(isCrosstalk("fe80::1", "fe80::12%eth0")).toBe(true);
});
