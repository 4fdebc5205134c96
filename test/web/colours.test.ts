import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { BINS } from "../../web/src/bins/bins.ts";
import { contrast, distance, VISIONS } from "./colour-vision.ts";

const CSS = readFileSync(join(import.meta.dirname, "../../web/src/styles/tokens.css"), "utf8");

/** The variables of the rule whose selector ends the given text. */
const tokens = (selector: string): Map<string, string> => {
  const [, body = ""] = CSS.split(`${selector} {`);
  return new Map(
    Array.from(body.split("}")[0]!.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g), ([, name, value]) => [
      name!,
      value!,
    ]),
  );
};

const THEMES = { light: tokens("\n:root"), dark: tokens(':root[data-theme="dark"]') };

test("the dark colours by preference are those of the switch", () => {
  expect(tokens(':root:not([data-theme="light"])')).toEqual(THEMES.dark);
});

describe.each(Object.entries(THEMES))("in the %s theme", (_name, theme) => {
  test.each(Object.entries(VISIONS))("all bins are told apart with %s vision", (_vision, matrix) => {
    const colours = BINS.map(({ token }) => [token, theme.get(token)!] as const);
    for (const [index, [a, first]] of colours.entries()) {
      for (const [b, second] of colours.slice(index + 1)) {
        // about five times what the eye just notices between large patches
        expect(distance(first, second, matrix), `${a} and ${b}`).toBeGreaterThan(0.1);
      }
    }
  });

  test.each(["ink", "ink-2", "ink-3", "accent", "good", "bad", "warn"])(
    "%s is legible on every ground",
    (ink) => {
      for (const ground of ["page", "panel", "panel-2"]) {
        expect(contrast(theme.get(ink)!, theme.get(ground)!), ground).toBeGreaterThanOrEqual(4.5);
      }
    },
  );

  test("borders of controls are seen", () => {
    expect(contrast(theme.get("line-strong")!, theme.get("panel")!)).toBeGreaterThanOrEqual(3);
  });
});
