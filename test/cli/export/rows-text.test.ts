import { expect, test } from "vitest";
import { rowsText } from "../../../cli/export/rows-text.ts";
import { NOON_US } from "../../support/fake-sources.ts";

test("columns are gone through once for all pages: of many devices each has a page, and of many names each has a column", () => {
  let looks = 0;
  const columns = new Proxy(["a", "b", "c"], {
    get: (names, key) => {
      if (key === "0") looks++;
      return Reflect.get(names, key);
    },
  });
  const page = (device: string, name: string): string => {
    const row = { timeUs: NOON_US, epoch: 1, run: 0, sequence: 5, names: [name], values: [1.5] };
    return rowsText(device, [row], "csv", "us", columns);
  };
  expect(["pump-7", "fan-1", "mixer"].map((device, at) => page(device, "abc"[at]!))).toEqual([
    `pump-7,${NOON_US},1,0,5,1.5,,\n`,
    `fan-1,${NOON_US},1,0,5,,1.5,\n`,
    `mixer,${NOON_US},1,0,5,,,1.5\n`,
  ]);
  expect(looks).toBe(1);
});
