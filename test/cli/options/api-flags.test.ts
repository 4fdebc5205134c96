import { expect, test } from "vitest";
import { tokenOf } from "../../../cli/options/api-flags.ts";

test("a flag is stronger than the environment, and neither need be given", () => {
  expect(tokenOf("a", { LACUNA_API_TOKEN: "b" })).toBe("a");
  expect(tokenOf(undefined, { LACUNA_API_TOKEN: "b" })).toBe("b");
  expect(tokenOf(undefined, {})).toBeNull();
});

test("what no header can carry is refused by where it came from, and not repeated", () => {
  for (const wrong of ["5ecret\n", "5ecret 5ecret", "5écret"]) {
    expect(() => tokenOf(wrong, {})).toThrow(
      expect.objectContaining({
        isUsage: true,
        message: expect.stringMatching(/^token from --token: accepted/),
      }),
    );
    expect(() => tokenOf(undefined, { LACUNA_API_TOKEN: wrong })).toThrow(
      expect.objectContaining({ isUsage: false, message: expect.not.stringContaining("cret") }),
    );
  }
});
