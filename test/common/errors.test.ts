import { expect, test } from "vitest";
import { ConfigurationError, codeOf, LacunaError, MisuseError, messageOf } from "../../common/errors.ts";

test("an error carries its code, its cause and the name of its class", () => {
  const cause = new TypeError("below");
  const error = new LacunaError("ERR_CLOSED", "closed already", { cause });
  expect(error).toMatchObject({ name: "LacunaError", code: "ERR_CLOSED", cause });
  const misuse = new MisuseError("closed already");
  expect(misuse).toMatchObject({ name: "MisuseError", code: "ERR_MISUSE" });
  expect(misuse).toBeInstanceOf(LacunaError);
});

test("a configuration error says every mistake in its message", () => {
  const error = new ConfigurationError([
    { key: "window", origin: "--window", value: "3", sentence: "accepted is a duration" },
    { key: "maxgaps", origin: "lacuna.toml", value: 7n, sentence: "this option does not exist" },
    { key: "a", origin: "lacuna.toml", value: Object.create(null), sentence: "nor does this one" },
    { key: "audit", origin: "--api", value: undefined, sentence: "accepted is --api or --db" },
  ]);
  expect(error.message).toBe(
    "the configuration is wrong:\n  window: '3' from --window: accepted is a duration\n  maxgaps: 7n from lacuna.toml: this option does not exist\n  a: {} from lacuna.toml: nor does this one\n  audit: accepted is --api or --db",
  );
});

test("mistakes of the command line alone are told without blaming a configuration", () => {
  const error = new ConfigurationError([
    { key: "window", origin: "--window", value: "3", sentence: "accepted is a duration" },
    { key: "audit", origin: "--api", value: undefined, sentence: "accepted is --api or --db" },
  ]);
  expect(error.isUsage).toBe(true);
  expect(error.message).toBe(
    "window: '3' from --window: accepted is a duration\naudit: accepted is --api or --db",
  );
});

test("code and message of anything thrown can be asked for", () => {
  expect([codeOf({ code: "EADDRINUSE" }), codeOf({ code: 5 }), codeOf(null), codeOf("x")]).toEqual([
    "EADDRINUSE",
    undefined,
    undefined,
    undefined,
  ]);
  expect([messageOf(new Error("a")), messageOf("b")]).toEqual(["a", "b"]);
});
