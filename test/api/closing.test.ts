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

test("a request that never ends, answered or not, is given a time to arrive", async () => {
  const { app } = await freshApi();
  expect(app.server.requestTimeout).toBe(60_000);
});
