import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { MOST_AHEAD } from "../../api/plugins/one-at-a-time.ts";
import { STALLED_MS } from "../../api/plugins/stalled.ts";
import { freshApi } from "../support/api.ts";

const SHORT_MS = 200;

const connected = async (): Promise<{ client: Socket; api: Awaited<ReturnType<typeof freshApi>> }> => {
  const api = await freshApi();
  await api.app.listen({ port: 0, host: "127.0.0.1" });
  expect(api.app.server.timeout).toBe(STALLED_MS);
  // from a request on: before it there is no answer to be taken, and a client that comes late would be cut off
  api.app.server.on("request", ({ socket }) => socket.setTimeout(SHORT_MS));
  const client = connect((api.app.server.address() as AddressInfo).port, "127.0.0.1");
  client.on("error", () => {});
  onTestFinished(() => {
    client.destroy();
  });
  await once(client, "connect");
  return { client, api };
};

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

test.each([
  ["", "write"],
  [", having closed its side,", "end"],
] as const)("a client that%s takes nothing of its answers is cut off", async (_how, send) => {
  const { client, api } = await connected();
  client.pause();
  const [socket] = (await Promise.all([
    once(api.app.server, "request"),
    // more than the buffers of both sides hold
    client[send](get("/openapi.json").repeat(MOST_AHEAD)),
  ]).then(([[request]]) => [request.socket])) as [Socket];
  await once(socket, "close");
  expect(socket.bytesWritten).toBeGreaterThan(0);
});

test("one that waits for a query that takes longer is not", async () => {
  const { client, api } = await connected();
  api.sources.add({ id: "pump-7" });
  const { gaps } = api.sources.reader;
  api.sources.reader.gaps = async (query) => {
    await setTimeout(4 * SHORT_MS);
    return gaps(query);
  };
  client.write(get("/api/v1/gaps"));
  const [answer] = await once(client, "data");
  expect(String(answer)).toMatch(/^HTTP\/1\.1 200 OK/);
});
