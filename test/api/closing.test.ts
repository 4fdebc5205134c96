import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { expect, test } from "vitest";
import { freshApi } from "../support/api.ts";

test.each([
  ["silent", ""],
  ["in the middle of its request", "GET /livez HT"],
])("a client that is %s does not hold a closing server open", async (_what, bytes) => {
  const { app } = await freshApi();
  await app.listen({ port: 0, host: "127.0.0.1" });
  const client = connect((app.server.address() as AddressInfo).port, "127.0.0.1");
  client.on("error", () => {});
  const accepted = once(app.server, "connection");
  if (bytes !== "") client.write(bytes);
  await accepted;
  const ended = once(client, "close");
  await app.close();
  await ended;
  expect(client.destroyed).toBe(true);
});

test("what is asked of a closing server is refused as every other failure is told", async () => {
  const { app } = await freshApi();
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;
  const idle = connect(port, "127.0.0.1");
  const asking = connect(port, "127.0.0.1");
  asking.setEncoding("utf8");
  await Promise.all([once(idle, "connect"), once(asking, "connect")]);
  const half = once(app.server, "request");
  // answered, and then half of the next request: this connection is not idle
  asking.write("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\nGET /api/v1/ledger HT");
  await half;
  await once(asking, "data");
  idle.write("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await once(idle, "data");
  // the server that closes ends those that ask nothing
  const ended = once(idle, "close");
  const closed = app.close();
  await ended;
  const answer = once(asking, "data");
  asking.write("TP/1.1\r\nHost: localhost\r\n\r\n");
  const [head, body] = String(await answer).split("\r\n\r\n");
  expect(head).toMatch(/^HTTP\/1\.1 503 /);
  expect(head!.toLowerCase()).toContain("content-type: application/problem+json");
  expect(head!.toLowerCase()).toContain("x-content-type-options: nosniff");
  expect(head!.toLowerCase()).toContain("connection: close");
  expect(JSON.parse(body!)).toMatchObject({
    status: 503,
    code: "ERR_UNAVAILABLE",
    detail: "the collector is stopping",
  });
  await closed;
});

test("a request that never ends, answered or not, is given a time to arrive", async () => {
  const { app } = await freshApi();
  expect(app.server.requestTimeout).toBe(60_000);
});
