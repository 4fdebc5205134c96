import { expect, test } from "vitest";
import { DEMO_OPTIONS } from "../../../cli/demo/demo-options.ts";
import { resolveSettings } from "../../../common/config.ts";

const httpOf = (http: string): string => resolveSettings(DEMO_OPTIONS, { env: {}, flags: { http } }).http;

test.each(["127.0.0.1:0", "localhost:8047", "[::1]:8047"])("a demo listens on %s", (http) => {
  expect(httpOf(http)).toBe(http);
});

test.each(["0.0.0.0:8047", "192.0.2.1:8047", "8047"])(
  "a demo has no tokens, so that its API is on loopback: %s is a wrong flag",
  (http) => {
    expect(() => httpOf(http)).toThrow(/--http: accepted is HOST:PORT on loopback/);
  },
);

test("a demo on a port that browsers and its own audit refuse does not begin", () => {
  expect(() => httpOf("127.0.0.1:6000")).toThrow(/--http: browsers open nothing on port 6000/);
});
