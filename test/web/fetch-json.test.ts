import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { collectorNow, noteServerDate } from "../../web/src/data/clock.ts";
import { ApiFailure, devicePath, fetchJson, query } from "../../web/src/data/fetch-json.ts";

const NOON = Date.UTC(2026, 10, 20, 12);
const HOUR_MS = 3_600_000;
const { signal } = new AbortController();

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOON });
});
afterEach(() => {
  noteServerDate(new Date().toUTCString());
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const answering = (answer: () => Promise<Response>): void => {
  vi.stubGlobal("fetch", answer);
};
/** @param headers - none: no date either */
const answers = (body: string, status: number, headers: Record<string, string> = {}): void =>
  answering(async () => new Response(body, { status, statusText: "Bad Gateway", headers }));
const failureOf = async (asked: AbortSignal = signal): Promise<unknown> =>
  fetchJson("ledger", asked).catch((error: unknown) => error);

test("an answer is what it says, and tells the collector's time", async () => {
  answers('{"devices":[]}', 200, { date: new Date(NOON - 2 * HOUR_MS).toUTCString() });
  expect(await fetchJson("devices", signal)).toEqual({ devices: [] });
  expect(collectorNow()).toBe(NOON - 2 * HOUR_MS + 500);
});

test.each([
  ["of a viewer's clock that is hours ahead", new Date(NOON - HOUR_MS).toUTCString(), -HOUR_MS + 500],
  ["of one that is behind", new Date(NOON + HOUR_MS).toUTCString(), HOUR_MS + 500],
  ["of one that may be right", new Date(NOON - 2000).toUTCString(), 0],
  ["of one that may be right, too", new Date(NOON + 1000).toUTCString(), 0],
])("the collector's time is known %s", (_, date, differenceMs) => {
  noteServerDate(date);
  // an answer without a date changes nothing
  noteServerDate(null);
  expect(collectorNow() - NOON).toBe(differenceMs);
});

test.each([
  ['{"detail":"limit: must be <= 1000"}', 400, "limit: must be <= 1000"],
  ["{}", 502, "502 Bad Gateway"],
  ["<html>", 502, "502 Bad Gateway"],
])("an answer that is none, %s, is told with its status %d", async (body, status, message) => {
  answers(body, status);
  expect(await failureOf()).toEqual(new ApiFailure(status, message));
  expect(await failureOf()).toMatchObject({ status });
});

test("silence is told apart from a question that nobody waits for", async () => {
  const left = new AbortController();
  const gone = new Error("gone");
  answering(() => Promise.reject(gone));
  expect(await failureOf(left.signal)).toMatchObject({
    status: 0,
    message: "the collector does not answer",
  });
  left.abort();
  expect(await failureOf(left.signal)).toBe(gone);
});

test.each([
  ["pump/7 a", "devices/pump%2F7%20a"],
  [".", "devices/.%7F"],
  ["..", "devices/..%7F"],
  ["...", "devices/..."],
])("the path of the device %j is %s", (id, path) => {
  expect(devicePath(id)).toBe(path);
});

test.each([
  [{}, ""],
  [{ channel: null }, ""],
  [{ channel: "a b", limit: 5, cursor: null }, "?channel=a+b&limit=5"],
  [{ event: ["ledger", "gap"] }, "?event=ledger&event=gap"],
])("the question %j is %j", (parameters, text) => {
  expect(query(parameters)).toBe(text);
});
