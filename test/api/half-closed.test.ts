import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { MOST_AHEAD } from "../../api/plugins/one-at-a-time.ts";
import { freshApi, type TestApi } from "../support/api.ts";

let api: TestApi;
/** Gaps are answered when this is called. */
let answerGaps: () => void;

beforeEach(async () => {
  api = await freshApi();
  api.sources.add({ id: "pump-7" });
  const { reader } = api.sources;
  const { gaps } = reader;
  const { promise: held, resolve } = Promise.withResolvers<void>();
  answerGaps = resolve;
  reader.gaps = async (query) => {
    await held;
    return gaps(query);
  };
  await api.app.listen({ port: 0, host: "127.0.0.1" });
  onTestFinished(() => api.app.close());
});

const get = (path: string, version = "1.1"): string =>
  `GET ${path} HTTP/${version}\r\nHost: localhost\r\n\r\n`;

/** A client that has sent this and closed its side, which the server knows; and what comes back until the server closes its own. */
const askAndClose = async (
  text: string,
): Promise<{ client: Socket; socket: Socket; answers: Promise<string> }> => {
  const client = connect((api.app.server.address() as AddressInfo).port, "127.0.0.1");
  client.setEncoding("utf8");
  client.on("error", () => {});
  let read = "";
  client.on("data", (piece: string) => {
    read += piece;
  });
  const answers = once(client, "close").then(() => read);
  const accepted = once(api.app.server, "connection") as Promise<[Socket]>;
  client.end(text);
  const [socket] = await accepted;
  await once(socket, "end");
  return { client, socket, answers };
};

const statusesOf = (answers: string): string[] =>
  Array.from(answers.matchAll(/HTTP\/1\.1 (\d+)/g), ([, status]) => status!);

test.each(["1.0", "1.1"])(
  "a client that closes its side after its request is answered (HTTP/%s)",
  async (version) => {
    const { answers } = await askAndClose(get("/api/v1/gaps", version));
    answerGaps();
    const [head, body] = (await answers).split("\r\n\r\n");
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(JSON.parse(body!)).toMatchObject({ gaps: [] });
  },
);

test("one that reads a file gets all of it", async () => {
  const { answers } = await askAndClose(get("/api/v1/gaps?format=csv"));
  answerGaps();
  expect(await answers).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n[\da-f]+\r\ndevice,.*\r\n0\r\n\r\n$/s);
});

test("what it asked ahead is answered", async () => {
  const ahead = get("/api/v1/latest").repeat(MOST_AHEAD);
  const asked = await askAndClose(get("/api/v1/gaps") + ahead);
  answerGaps();
  expect(statusesOf(await asked.answers)).toEqual(new Array(MOST_AHEAD + 1).fill("200"));
});

test("one that has gone has nothing made of what it asked ahead, once its first answer was sent", async () => {
  const made: string[] = [];
  const { ledger } = api.sources;
  const { idsAfter } = ledger;
  ledger.idsAfter = (after, limit) => {
    made.push(String(after));
    return idsAfter.call(ledger, after, limit);
  };
  const { client, socket } = await askAndClose(get("/api/v1/gaps") + get("/api/v1/latest").repeat(50));
  // of an error before it `once` would make a failure
  const gone = new Promise((resolve) => socket.once("close", resolve));
  client.destroy();
  await once(client, "close");
  answerGaps();
  await gone;
  expect(made.length).toBeLessThan(50);
});

test("the live feed ends with the side of its client, who may be gone, after what it has to tell at once", async () => {
  const { answers } = await askAndClose(get("/api/v1/live?event=ledger"));
  expect(await answers).toMatch(/^HTTP\/1\.1 200 OK\r\n.*event: ledger\ndata: .*\r\n0\r\n\r\n$/s);
});

test("the same where the feed was asked for ahead", async () => {
  const { answers } = await askAndClose(get("/api/v1/gaps") + get("/api/v1/live?event=ledger"));
  answerGaps();
  expect(await answers).toMatch(/event: ledger\ndata: .*\r\n0\r\n\r\n$/s);
});
