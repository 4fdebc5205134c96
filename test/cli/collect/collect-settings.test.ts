import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadCollectSettings } from "../../../cli/collect/collect-settings.ts";
import { explain } from "../../../cli/terminal/explain.ts";

const directory = mkdtempSync(join(tmpdir(), "lacuna-settings-"));
afterAll(() => rmSync(directory, { recursive: true }));

let files = 0;
const fileOf = (text: string): string => {
  const path = join(directory, `lacuna-${files++}.toml`);
  writeFileSync(path, text);
  return path;
};

type Given = Parameters<typeof loadCollectSettings>;

/** What a person is told of these. */
const told = (flags: Given[0], env: Given[1] = {}): { lines: string[]; exitCode: number } => {
  try {
    loadCollectSettings({ config: "none", ...flags }, env);
  } catch (error) {
    const { message, exitCode } = explain(error);
    return { lines: message.split("\n").map((line) => line.trim()), exitCode };
  }
  return { lines: [], exitCode: 0 };
};

test.each([[{ http: "0.0.0.0:80" }], [{ tlsCert: "a.pem" }], [{ tlsKey: "a.pem" }]])(
  "a mistake across options is one of usage where flags made it: %j",
  (flags) => {
    const { lines, exitCode } = told(flags);
    expect([lines.length, exitCode]).toEqual([1, 2]);
  },
);

test.each([
  ["environment", { http: "127.0.0.1:80" }, { LACUNA_TLS_CERT: "a.pem" }],
  ["file", { config: fileOf('tlsCert = "a.pem"') }, {}],
])("it is one of the configuration where the %s made it", (_, flags, env) => {
  expect(told(flags, env)).toEqual({
    lines: ["the configuration is wrong:", "tlsKey: it is missing, tlsCert is given"],
    exitCode: 78,
  });
});

test("what is wrong across options is told beside what is wrong by itself", () => {
  const flags = { workers: "99", http: "0.0.0.0:80", tlsCert: "/no/cert.pem", tlsKey: "/no/key.pem" };
  expect(told(flags)).toEqual({
    lines: [
      expect.stringMatching(/^workers: '99'/),
      expect.stringMatching(/^http: 0\.0\.0\.0:80 can be reached/),
      expect.stringMatching(/^tlsCert: \/no\/cert\.pem cannot be read/),
      expect.stringMatching(/^tlsKey: \/no\/key\.pem cannot be read/),
    ],
    exitCode: 2,
  });
});

test("of a token that is wrong it is not said that none is set", () => {
  expect(told({ http: "0.0.0.0:80", token: ["read:x"] }).lines).toEqual([
    expect.stringMatching(/^token from --token: accepted/),
  ]);
});

test("a file that cannot be read hides no other mistake, and what it may say is not said to be missing", () => {
  const config = fileOf("window = \n");
  const { lines } = told({ config, http: "0.0.0.0:80", workers: "99" }, { LACUNA_FLUSH: "never" });
  expect(lines.filter((line) => /^\S+: /.test(line) && !/^\d+: /.test(line))).toEqual([
    expect.stringMatching(/lacuna-\d\.toml: Invalid TOML/),
    expect.stringMatching(/^workers: '99' from --workers/),
    expect.stringMatching(/^flush: 'never' from LACUNA_FLUSH/),
  ]);
});

test("of several origins those that are wrong are named", () => {
  const { lines } = told({ corsOrigin: ["http://a/b", "https://ok.example", "c"] });
  expect(lines).toEqual([
    expect.stringMatching(/from --cors-origin: http:\/\/a\/b, c: accepted is an origin/),
  ]);
});

test("an empty path of a file is one mistake", () => {
  expect(told({ config: "" }).lines).toEqual([expect.stringMatching(/^config: '' from --config: accepted/)]);
});
