import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { ApiClient } from "../../common/api-client.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A client of something that is no collector. */
const clientOf = async (answer: (response: ServerResponse) => void): Promise<ApiClient> => {
  const server = createServer((_, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return new ApiClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { token: null });
};

const status = (client: ApiClient): Promise<unknown> =>
  client.get<{ listeners: unknown }>("/status", "listeners");

const NO_COLLECTOR = {
  code: "ERR_API",
  message: expect.stringMatching(/^what answers at .* is no collector$/),
};

test.each(["<html></html>", "{}", "null", "[]", "7", ""])(
  "an answer %j is no collector's, and said to be none",
  async (body) => {
    const client = await clientOf((response) => response.end(body));
    await expect(status(client)).rejects.toMatchObject(NO_COLLECTOR);
    await expect(client.pages("/devices", "devices", 1).next()).rejects.toMatchObject(NO_COLLECTOR);
    await expect(client.open("/live", "text/event-stream")).rejects.toMatchObject(NO_COLLECTOR);
  },
);

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
