import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildApp } from "../../api/app.ts";
import type { App } from "../../api/context.ts";
import { FakeSources, NOON_US } from "../support/fake-sources.ts";
import { temporaryDirectory } from "../support/lacuna-process.ts";
import { ManualClock } from "../support/manual-clock.ts";

const directory = temporaryDirectory();
let app: App;

beforeAll(async () => {
  app = await buildApp(new FakeSources(), {
    version: "1.2.3",
    clock: new ManualClock(NOON_US),
    startedAtUs: NOON_US,
    startedAtMs: 0,
    dashboardDirectory: directory.path,
  });
});
afterAll(async () => {
  await app.close();
  directory.remove();
});

const build = (): void => {
  mkdirSync(join(directory.path, "assets"), { recursive: true });
  writeFileSync(join(directory.path, "index.html"), "<!doctype html><title>Lacuna</title>");
  writeFileSync(join(directory.path, "assets/index-1.js"), "export {};");
};

test("without a build / says how to get one, and the API answers all the same", async () => {
  const page = await app.inject("/");
  expect([page.statusCode, page.headers["content-type"]]).toEqual([503, "text/plain; charset=utf-8"]);
  expect(page.body).toContain("npm run build");
  expect((await app.inject("/api/v1")).statusCode).toBe(200);
});

test("a build is served at once, as a page that may load nothing from elsewhere", async () => {
  build();
  const page = await app.inject("/");
  expect([page.statusCode, page.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
  const policy = String(page.headers["content-security-policy"]);
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain("unsafe");
  // a new build is seen with the next visit
  expect(page.headers["cache-control"]).toContain("max-age=0");
});

test.each(["/", "/assets/index-1.js"])("HEAD %s is told the length that GET has, or none", async (url) => {
  build();
  for (const accepted of ["gzip", "identity"]) {
    const headers = { "accept-encoding": accepted };
    const head = await app.inject({ method: "HEAD", url, headers });
    const length = String((await app.inject({ url, headers })).rawPayload.length);
    expect([undefined, length]).toContain(head.headers["content-length"]);
  }
});

test.each(["/", "/assets/index-1.js"])("%s is whole, whichever part of it is asked for", async (url) => {
  build();
  const whole = await app.inject(url);
  expect(whole.headers["accept-ranges"]).toBeUndefined();
  for (const range of ["bytes=0-3", "bytes=99999-", "bytes=-0"]) {
    const answer = await app.inject({ url, headers: { range } });
    expect([range, answer.statusCode, answer.body]).toEqual([range, 200, whole.body]);
  }
});

test("files with a hash in their name are kept by browsers for good", async () => {
  build();
  const file = await app.inject("/assets/index-1.js");
  expect([file.statusCode, file.headers["content-type"]]).toEqual([
    200,
    "application/javascript; charset=utf-8",
  ]);
  expect(file.headers["cache-control"]).toContain("immutable");
});

test.each(["/assets/nothing.js", "/assets/../index.html", "/assets/..%2findex.html", "/index.html"])(
  "%s is not found",
  async (url) => {
    const answer = await app.inject(url);
    expect(answer.statusCode).toBe(404);
    expect(answer.headers["content-type"]).toBe("application/problem+json; charset=utf-8");
  },
);
