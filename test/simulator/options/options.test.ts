import { expect, test } from "vitest";
import { resolveSettings } from "../../../common/config.ts";
import { ConfigurationError } from "../../../common/errors.ts";
import { checkSettings } from "../../../simulator/options/check-settings.ts";
import { SIMULATOR_OPTIONS } from "../../../simulator/options/options.ts";
import { simulatorSettings } from "../../support/simulator-settings.ts";

const resolve = (flags: Record<string, unknown>) => resolveSettings(SIMULATOR_OPTIONS, { env: {}, flags });

test("flags become settings in the units their names say", () => {
  const settings = resolve({
    ...{ devices: "200", rate: "2.5", duration: "5s", loss: "2%", burstEnter: "0.01" },
    ...{ signals: ["ramp"], restarts: "6", impairControl: "true", baseTime: "1970-01-01T00:00:01Z" },
  });
  expect(settings).toMatchObject({
    ...{ devices: 200, rateHz: 2.5, durationMs: 5000, loss: 0.02, burstEnter: 0.01 },
    ...{ signals: ["ramp"], restartsPerMinute: 6, impairControl: true, baseTimeUs: 1_000_000 },
  });
});

test.each([
  ["loss", "1.5"],
  ["loss", "-1"],
  ["rate", "0"],
  ["format", "xml"],
  ["signals", ["noise"]],
  ["impairControl", "maybe"],
  ["target", "tcp://1.2.3.4:5"],
  ["baseTime", "yesterday"],
  // its truth could not be read again, or its times not be sent
  ["baseTime", "1969-12-31T23:59:59Z"],
  ["baseTime", "9999-12-31T23:59:59Z"],
])("--%s %s is refused", (key, value) => {
  expect(() => resolve({ [key]: value })).toThrow(ConfigurationError);
});

test.each([
  ["restarts nobody could tell", { format: "json", jsonEpoch: false, jsonTime: false, restartsPerMinute: 1 }],
  [
    "jitter beyond what an epochless numbering allows",
    { format: "json", jsonEpoch: false, rateHz: 1000, jitterMs: 500 },
  ],
  [
    "jitter of one number more than an epochless numbering allows",
    { format: "json", jsonEpoch: false, rateHz: 1000, jitterMs: 91 },
  ],
  ["control characters in an id", { idPrefix: "a\u0007" }],
  ["more channels than a datagram carries readings", { channels: 10_000 }],
  ["an id prefix that leaves no room for the number", { idPrefix: "x".repeat(57) }],
  ["two numbers of a device in one microsecond", { devices: 1, totalRateHz: 5_000_000 }],
] as const)("%s are refused", (_what, given) => {
  expect(() => checkSettings(simulatorSettings(given))).toThrow(ConfigurationError);
});

test.each([
  ["the defaults", {}],
  ["restarts told by their send times", { format: "json", jsonEpoch: false, restartsPerMinute: 1 }],
  ["jitter an epochless numbering allows", { format: "json", jsonEpoch: false, rateHz: 1000, jitterMs: 90 }],
  ["an id as long as may be", { idPrefix: "x".repeat(56) }],
] as const)("%s go together", (_what, given) => {
  expect(() => checkSettings(simulatorSettings(given))).not.toThrow();
});
