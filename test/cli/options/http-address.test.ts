import { expect, test } from "vitest";
import { parseHttpAddress } from "../../../cli/options/http-address.ts";

test.each([
  ["127.0.0.1:8047", "127.0.0.1", 8047],
  ["localhost:0", "localhost", 0],
  ["[::1]:8047", "::1", 8047],
])("%s is host %s, port %d", (text, host, port) => {
  expect(parseHttpAddress(text)).toEqual({ value: { host, port } });
});

test.each(["", "8047", ":8047", "::1:8047", "host:", "host:65536", "host:x", "http://host:1", "[::1]"])(
  "%j is refused with what is accepted",
  (text) => {
    expect(parseHttpAddress(text)).toEqual({ mistake: expect.stringContaining("HOST:PORT") });
  },
);
