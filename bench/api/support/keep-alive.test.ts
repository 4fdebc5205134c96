import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { afterEach, expect, test } from "vitest";
import { KeepAliveClient } from "./keep-alive.ts";

let server: Server;
afterEach(() => server.close());

test("a question whose connection is closed is not waited for", async () => {
  server = createServer((socket) => socket.once("data", () => socket.end())).listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = new KeepAliveClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const answer = client.get("/").then(
    () => "an answer",
    (error: Error) => error.message,
  );
  const patience = new Promise((resolve) => setTimeout(resolve, 2000, "nothing"));
  expect(await Promise.race([answer, patience])).toContain("closed");
  client.close();
});
