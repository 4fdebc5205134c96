import { expect, test } from "vitest";
import { blameFlags } from "../../cli/blame-flags.ts";
import { explain } from "../../cli/explain.ts";
import { checkExposure } from "../../cli/http-server.ts";
import { readTls } from "../../cli/tls-files.ts";

const thrownBy = (check: () => unknown): unknown => {
  try {
    return check();
  } catch (error) {
    return error;
  }
};
const exposed = () => checkExposure({ http: { host: "0.0.0.0", port: 80 }, tokens: [] });
const withoutKey = () => readTls({ tlsCertPath: "a.pem", tlsKeyPath: null });
const withoutCertificate = () => readTls({ tlsCertPath: null, tlsKeyPath: "a.pem" });

test.each([
  [exposed, { http: "0.0.0.0:80" }],
  [withoutKey, { tlsCert: "a.pem" }],
  [withoutCertificate, { tlsKey: "a.pem" }],
])("a mistake across options is one of usage where flags made it: %#", (check, flags) => {
  const { message, exitCode } = explain(blameFlags(thrownBy(check), flags));
  expect(exitCode).toBe(2);
  expect(message).not.toContain("configuration");
});

test("it is one of the configuration where file or environment made it", () => {
  const { message, exitCode } = explain(blameFlags(thrownBy(withoutKey), { http: "127.0.0.1:80" }));
  expect([message, exitCode]).toEqual([
    "the configuration is wrong:\n  tlsKey: it is missing, tlsCert is given",
    78,
  ]);
});

test("any other error stays as it is", () => {
  const error = new Error("x");
  expect(blameFlags(error, {})).toBe(error);
});
