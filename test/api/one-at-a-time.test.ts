import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { MOST_AHEAD } from "../../api/plugins/one-at-a-time.ts";
import { freshApi, type TestApi } from "../support/api.ts";

let api: TestApi;
let port: number;
/** turns of the event loop in which a page of newest values was made */
let madeInTurns: number[];
let turn: number;

/** The answer to the first question, `/gaps`, is held back until this is called. */
let answerFirst: () => void;

beforeEach(async () => {
  api = await freshApi();
  const { ledger, reader } = api.sources;
  const { idsAfter } = ledger;
  const { gaps } = reader;
  const held = new Promise<void>((resolve) => {
    answerFirst = resolve;
  });
  reader.gaps = async (query) => {
    await held;
    return gaps(query);
  };
  madeInTurns = [];
  ledger.idsAfter = (after, limit) => {
    madeInTurns.push(turn);
    return idsAfter.call(ledger, after, limit);
  };
  turn = 0;
  let next: NodeJS.Immediate;
  const count = (): void => {
    turn++;
    next = setImmediate(count);
  };
  count();
  onTestFinished(() => clearImmediate(next));
  await api.app.listen({ port: 0, host: "127.0.0.1" });
  onTestFinished(() => api.app.close());
  ({ port } = api.app.server.address() as AddressInfo);
});

const get = (path: string, connection = "keep-alive"): string =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: ${connection}\r\n\r\n`;

/** A connection that has sent all of this, and what comes back; the server has seen that many requests of it. */
const ask = async (requests: readonly string[]): Promise<{ client: Socket; answers: Promise<string> }> => {
  const client = connect(port, "127.0.0.1");
  client.setEncoding("utf8");
  // one that is cut off
  client.on("error", () => {});
  const texts: string[] = [];
  client.on("data", (text: string) => texts.push(text));
  const answers = once(client, "close").then(() => texts.join(""));
  let seen = 0;
  const { promise: allSeen, resolve } = Promise.withResolvers<void>();
  const see = (): void => {
    if (++seen === requests.length) resolve();
  };
  api.app.server.on("request", see);
  client.write(requests.join(""));
  await allSeen;
  api.app.server.off("request", see);
  return { client, answers };
};

/** Somebody else is answered, whatever waits. */
const askByOther = async (): Promise<void> => {
  const { answers } = await ask([get("/livez", "close")]);
  expect(await answers).toMatch(/^HTTP\/1\.1 200 /);
};

const statusesOf = (answers: string): string[] =>
  Array.from(answers.matchAll(/HTTP\/1\.1 (\d+)/g), ([, status]) => status!);

test("what a client asks ahead begins when the answer before it is out, and others have their turn in between", async () => {
  const { answers } = await ask([
    get("/api/v1/gaps"),
    ...new Array(20).fill(get("/api/v1/latest")),
    get("/livez", "close"),
  ]);
  await askByOther();
  expect(madeInTurns).toEqual([]);
  answerFirst();
  expect(statusesOf(await answers)).toEqual(new Array(22).fill("200"));
  expect(madeInTurns).toHaveLength(20);
  expect(new Set(madeInTurns).size).toBe(20);
});

test("as many as the bound may wait; one more ends the connection, with all that waits", async () => {
  const ahead = new Array(MOST_AHEAD).fill(get("/api/v1/latest"));
  const patient = await ask([get("/api/v1/gaps"), ...ahead]);
  const greedy = await ask([get("/api/v1/gaps"), ...ahead, get("/livez")]);
  expect(await greedy.answers).toBe("");
  answerFirst();
  await vi.waitUntil(() => madeInTurns.length === MOST_AHEAD);
  await askByOther();
  expect(madeInTurns).toHaveLength(MOST_AHEAD);
  patient.client.destroy();
  await patient.answers;
});

test("a client that is gone has nothing made of what it asked ahead", async () => {
  const { client, answers } = await ask([get("/api/v1/gaps"), ...new Array(5).fill(get("/api/v1/latest"))]);
  // at once, and not by closing its side as one does that still waits
  client.resetAndDestroy();
  await answers;
  answerFirst();
  await askByOther();
  await askByOther();
  expect(madeInTurns).toEqual([]);
});
