import fc from "fast-check";
import { expect, test } from "vitest";
import { formatPlace, parsePlace } from "../../web/src/routing.ts";

test("any device id and any parameter comes back from the URL it is written into", () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, unit: "binary" }),
      fc.string({ minLength: 1, unit: "binary" }),
      (device, value) => {
        const place = parsePlace(formatPlace("device", device, { channel: value, absent: null }));
        expect([place.view, place.device, place.parameters.get("channel")]).toEqual([
          "device",
          device,
          value,
        ]);
        expect(place.parameters.has("absent")).toBe(false);
      },
    ),
    { numRuns: 200 },
  );
});

test.each([
  ["", "fleet"],
  ["#/", "fleet"],
  ["#/raster?size=20", "raster"],
  ["#/nothing", "fleet"],
  ["#/device/", "fleet"],
])("%s is the view %s", (hash, view) => {
  expect(parsePlace(hash).view).toBe(view);
});

test("a default view has a short URL, and each other one its own", () => {
  expect(formatPlace("fleet", "", { search: "", span: null, sort: undefined })).toBe("#/");
  expect(formatPlace("raster")).toBe("#/raster");
  expect(formatPlace("collector", "", { zero: 0 })).toBe("#/collector?zero=0");
});

test("a stray percent sign is part of the id", () => {
  expect(parsePlace("#/device/50%").device).toBe("50%");
});
