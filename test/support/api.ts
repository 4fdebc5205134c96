import { type AppOptions, buildApp } from "../../api/app.ts";
import type { App } from "../../api/context.ts";
import { FakeSources, NOON_US } from "./fake-sources.ts";
import { ManualClock } from "./manual-clock.ts";

/** Parsed JSON of an answer: tests compare it, they do not compute with it. */
export type Json = ReturnType<typeof JSON.parse>;

/** The application over sources a test fills by hand; the clock stands at noon, the process began a minute before. */
export interface TestApi {
  app: App;
  sources: FakeSources;
  clock: ManualClock;
  /** GET, and the JSON it answers */
  get(url: string): Promise<{ status: number; headers: Record<string, unknown>; json: Json; text: string }>;
}

/** An application of its own: for tests that close it, listen with it or add routes. */
export const freshApi = async (options: Partial<AppOptions> = {}): Promise<TestApi> => {
  const sources = new FakeSources();
  const clock = new ManualClock(NOON_US);
  const app = await buildApp(sources, {
    version: "1.2.3",
    clock,
    startedAtUs: NOON_US - 60_000_000,
    startedAtMs: clock.monotonicMs() - 60_000,
    ...options,
  });
  return {
    app,
    sources,
    clock,
    async get(url) {
      const answer = await app.inject(url);
      const isJson = /\/(problem\+)?json/.test(String(answer.headers["content-type"]));
      return {
        status: answer.statusCode,
        headers: answer.headers,
        json: isJson ? answer.json() : undefined,
        text: answer.body,
      };
    },
  };
};

let shared: Promise<TestApi> | undefined;

/** The application all tests of a thread share, since building one takes longer than a test; sources and clock begin anew. */
export const testApi = async (): Promise<TestApi> => {
  shared ??= freshApi();
  const api = await shared;
  api.sources.reset();
  api.clock.stepWallUs(NOON_US - api.clock.wallUs());
  return api;
};
