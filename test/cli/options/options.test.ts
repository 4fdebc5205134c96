import { expect, test } from "vitest";
import { COLLECT_OPTIONS } from "../../../cli/options/options.ts";
import { resolveSettings } from "../../../common/config.ts";

const settings = (flags: Record<string, unknown>) => resolveSettings(COLLECT_OPTIONS, { env: {}, flags });

test("by default a unicast and an optional multicast listener are open, and HTTP is on loopback", () => {
  const { listeners, http, dbPath } = settings({});
  expect(listeners.map(({ url, optional }) => [url, optional])).toEqual([
    ["udp://0.0.0.0:4747", false],
    ["udp://239.192.47.47:4748?optional=true", true],
  ]);
  expect([http, dbPath]).toEqual([{ host: "127.0.0.1", port: 8047 }, "./lacuna.db"]);
});

test("any given listener replaces both defaults", () => {
  expect(settings({ listen: ["udp://127.0.0.1:0"] }).listeners).toHaveLength(1);
});

test("a wrong listener URL is a configuration mistake that says what is accepted", () => {
  expect(() => settings({ listen: ["udp://0.0.0.0"] })).toThrow(
    /the port is missing; accepted is 0 to 65535/,
  );
});

test("two listeners that cannot run together are a configuration mistake", () => {
  expect(() => settings({ listen: ["udp://0.0.0.0:4747", "udp://239.1.2.3:4747"] })).toThrow(
    /would arrive twice/,
  );
});

test("an accepted datagram waits at most half a second for its transaction by default", () => {
  const { flushMs, batchIntervalMs } = settings({});
  expect(flushMs + batchIntervalMs).toBeLessThanOrEqual(500);
});

test("a variable that is like none of ours is not taken for a slip of a short one", () => {
  expect(() => resolveSettings(COLLECT_OPTIONS, { env: { LACUNA_FOO: "1" }, flags: {} })).toThrow(
    /LACUNA_FOO: this option does not exist$/,
  );
});

test.each([":memory:", "lacuna.db ", " "])(
  "the database is a file of that very name, which SQLite would not make of %j",
  (db) => {
    expect(() => settings({ db })).toThrow(/--db: accepted is a path, without spaces at its ends, of a file/);
  },
);

test("a token given where its hash is meant is not repeated: logs are read by others", () => {
  const env = { LACUNA_TOKEN: "5ecret", LACUNA_API_TOKN: "5ecret" };
  const wrong = (): unknown => resolveSettings(COLLECT_OPTIONS, { env, flags: { token: ["5ecret"] } });
  expect(wrong).toThrow(/LACUNA_API_TOKN: this option does not exist/);
  expect(wrong).toThrow(/token from LACUNA_TOKEN: accepted is SCOPE:NAME:HASH/);
  expect(wrong).toThrow(expect.objectContaining({ message: expect.not.stringContaining("5ecret") }));
});
