import { readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { ApiClient, devicePath } from "../../common/api-client.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const listening = async (
  server: Server & { closeAllConnections(): void },
  scheme: string,
): Promise<ApiClient> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return new ApiClient(`${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`, { token: null });
};

/** A client of something that is no collector. */
const clientOf = (answer: (response: ServerResponse) => void, scheme = "http"): Promise<ApiClient> =>
  listening(
    createServer((_, response) => answer(response)),
    scheme,
  );

const TLS = join(import.meta.dirname, "../fixtures/tls");

/** A client of an API with a certificate that nobody knows. */
const clientOfTls = (scheme: string): Promise<ApiClient> => {
  const [cert, key] = ["cert", "key"].map((what) => readFileSync(join(TLS, `first-${what}.pem`)));
  return listening(createTlsServer({ cert, key }), scheme);
};

/** A client of an API that closes each connection at once, as a collector does that has all it takes. */
const clientOfFull = (scheme: string): Promise<ApiClient> => {
  const server = createServer();
  server.on("connection", (socket) => socket.destroy());
  return listening(server, scheme);
};

const status = (client: ApiClient): Promise<unknown> =>
  client.get<{ listeners: unknown[] }>("/status", { listeners: [{}] });

test.each(["", "/", "/api/v1", "/api/v1/", "/lacuna", "/lacuna/api/v1"])(
  "the URL of an API may end as demo and messages tell it, or as people shorten it: %j",
  async (end) => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url!);
      response.end('{"listeners":[]}');
    });
    await listening(server, "http");
    const { port } = server.address() as AddressInfo;
    await status(new ApiClient(`http://127.0.0.1:${port}${end}`, { token: null }));
    expect(asked).toEqual([end.startsWith("/lacuna") ? "/lacuna/api/v1/status" : "/api/v1/status"]);
  },
);

const NO_COLLECTOR = {
  code: "ERR_API",
  message: expect.stringMatching(/^what answers at .* is no collector$/),
};

const FOREIGN = [
  "<html></html>",
  "{}",
  "null",
  "[]",
  "7",
  "",
  '{"listeners":null,"devices":null}',
  '{"listeners":[null],"devices":[null]}',
  '{"listeners":3,"devices":{}}',
  '{"listeners":{},"devices":{}}',
];

test.each(FOREIGN)("an answer %j is no collector's, and said to be none", async (body) => {
  const client = await clientOf((response) => response.end(body));
  await expect(status(client)).rejects.toMatchObject(NO_COLLECTOR);
  await expect(client.pages("/devices", "devices", 1).next()).rejects.toMatchObject(NO_COLLECTOR);
  await expect(client.open("/live", "text/event-stream")).rejects.toMatchObject(NO_COLLECTOR);
});

test.each([
  ["a certificate nobody knows", () => clientOfTls("https"), /^the certificate .* NODE_EXTRA_CA_CERTS=FILE/],
  ["http:// to TLS", () => clientOfTls("http"), /begins with https:\/\/; without one /],
  ["https:// to what has none", () => clientOf(() => {}, "https"), /begins with http:\/\/$/],
  [
    "no room for a connection",
    () => clientOfFull("http"),
    /closed without an answer: .* as many connections as it takes/,
  ],
  [
    "no room for one with TLS",
    () => clientOfFull("https"),
    /closed without an answer: .* as many connections as it takes/,
  ],
])("%s: what can be done is said", async (_what, client, message) => {
  await expect(status(await client())).rejects.toMatchObject({
    code: "ERR_API",
    message: expect.stringMatching(message),
  });
});

test("an answer that breaks off is an error that says so", async () => {
  const client = await clientOf((response) => {
    response.writeHead(200, { "content-length": 100 });
    response.write('{"listeners":[', () => response.destroy());
  });
  await expect(status(client)).rejects.toMatchObject({
    code: "ERR_API",
    message: expect.stringMatching(/status: the answer broke off/),
  });
});

test("another server's error is told in one line, without what a terminal would obey", async () => {
  const client = await clientOf((response) => {
    response.writeHead(500).end(`<html>\n\t\u001b[31m${"x".repeat(1000)}`);
  });
  await expect(status(client)).rejects.toMatchObject({
    status: 500,
    message: expect.stringMatching(/: status 500: <html> \[31mx+ …$/),
  });
});

test("an error that is none of ours has no parameters of ours", async () => {
  const client = await clientOf((response) => {
    response.writeHead(401).end('{"code":5,"detail":[],"parameters":"all"}');
  });
  await expect(status(client)).rejects.toMatchObject({ status: 401, problem: "", parameters: [] });
});

test.each([
  ["pump-7", "/devices/pump-7/gaps"],
  ["hall/3 ö", "/devices/hall%2F3%20%C3%B6/gaps"],
  ["a/..", "/devices/a%2F../gaps"],
  ["%2e%2e", "/devices/%252e%252e/gaps"],
  [".", "/devices/.%7F/gaps"],
  ["..", "/devices/..%7F/gaps"],
  ["...", "/devices/.../gaps"],
])("a URL leads to the device %s", (id, path) => {
  expect(new URL(`http://127.0.0.1${devicePath(id)}/gaps`).pathname).toBe(path);
});
