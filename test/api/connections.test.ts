import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, type Socket } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createLogger } from "../../common/logger.ts";
import { freshApi, type TestApi } from "../support/api.ts";

const opened = async ({ app }: TestApi): Promise<Socket> => {
  const client = connect((app.server.address() as AddressInfo).port, "127.0.0.1");
  client.on("error", () => {}).resume();
  onTestFinished(() => {
    client.destroy();
  });
  await once(client, "connect");
  return client;
};

const answerTo = async (client: Socket): Promise<string> => {
  client.write("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const [answer] = await once(client, "data");
  return String(answer);
};

test("clients that say nothing hold a bounded number of connections, those of the live feed apart; the log tells of more once in a while", async () => {
  const lines: string[] = [];
  const logger = createLogger("warn", { write: (line) => lines.push(line) });
  const api = await freshApi({ maxConnections: 2, maxLiveClients: 1, logger });
  await api.app.listen({ port: 0, host: "127.0.0.1" });
  onTestFinished(() => api.app.close());

  const silent = await opened(api);
  for (const _ of [2, 3]) await opened(api);
  const refused = [await opened(api), await opened(api)];
  for (const client of refused) if (!client.closed) await once(client, "close");
  expect(lines.map((line) => JSON.parse(line))).toEqual([expect.objectContaining({ most: 3, heldBack: 0 })]);
  expect(await answerTo(silent)).toMatch(/^HTTP\/1\.1 200 OK/);

  const left = once(api.app.server, "request");
  silent.end("GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const [{ socket }] = await left;
  if (!socket.closed) await once(socket, "close");
  expect(await answerTo(await opened(api))).toMatch(/^HTTP\/1\.1 200 OK/);
});

test("a client that never begins its TLS is let go", async () => {
  const [cert, key] = ["cert", "key"].map((what) =>
    readFileSync(join(import.meta.dirname, `../fixtures/tls/first-${what}.pem`)),
  );
  // Node's own time is two minutes
  const tls = { cert: cert!, key: key!, handshakeTimeout: 50 };
  const api = await freshApi({ tls });
  await api.app.listen({ port: 0, host: "127.0.0.1" });
  onTestFinished(() => api.app.close());
  const silent = await opened(api);
  if (!silent.closed) await once(silent, "close");
});
