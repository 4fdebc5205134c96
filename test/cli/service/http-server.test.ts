import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { makeToken, parseTokens } from "../../../cli/options/http-token.ts";
import { checkExposure, listen, refusedByBrowsers, tryListening } from "../../../cli/service/http-server.ts";
import { freshApi } from "../../support/api.ts";

describe("tokens", () => {
  test("a made one is read back from its line, which does not contain it", () => {
    const { token, line } = makeToken("read", "grafana");
    const parsed = parseTokens([line]);
    if (!("value" in parsed)) throw new Error(parsed.mistake);
    expect(parsed.value).toMatchObject([{ name: "grafana", scope: "read" }]);
    expect(line).not.toContain(token);
  });

  test.each(["secret", "read:grafana:abc", `write:grafana:${"0".repeat(64)}`, `read:a b:${"0".repeat(64)}`])(
    "%s is no line of a token",
    (line) => {
      expect(parseTokens([line])).toEqual({ mistake: expect.stringMatching(/^accepted is SCOPE:NAME:HASH/) });
    },
  );

  test("of several lines those that are wrong are told by their places, not shown", () => {
    const { line } = makeToken("read", "grafana");
    const parsed = parseTokens(["5ecret", line, "s3cret"]);
    expect(parsed).toEqual({ mistake: expect.stringMatching(/^1, 3 of 3: accepted is SCOPE:NAME:HASH/) });
    expect(JSON.stringify(parsed)).not.toMatch(/5ecret|s3cret/);
  });

  test("without one the server does not leave loopback, and the message names the remedy", () => {
    const http = { host: "0.0.0.0", port: 8047 };
    expect(() => checkExposure({ http, tokens: [] })).toThrow(/0\.0\.0\.0:8047 .*lacuna token.*127\.0\.0\.1/);
    expect(() => checkExposure({ http: { host: "::", port: 80 }, tokens: [] })).toThrow(/ \[::\]:80 can be/);
    const { line } = makeToken("read", "grafana");
    const parsed = parseTokens([line]);
    expect(() => checkExposure({ http, tokens: "value" in parsed ? parsed.value : [] })).not.toThrow();
  });
});

test("of a port that browsers and fetch refuse it is said, and of no other", async () => {
  // what is not refused is asked of nobody
  const dispatcher = { dispatch: () => expect.fail("asked") };
  const isRefused = async (port: number): Promise<boolean> => {
    const asked = fetch(`http://127.0.0.1:${port}`, { dispatcher } as unknown as RequestInit);
    const { cause } = (await asked.catch((error: unknown) => error)) as { cause: Error };
    return cause.message === "bad port";
  };
  for (let port = 0; port <= 11_000; port++) {
    const sentence = refusedByBrowsers({ host: "127.0.0.1", port });
    expect(sentence !== null, String(port)).toBe(await isRefused(port));
  }
  expect(refusedByBrowsers({ host: "127.0.0.1", port: 6667 })).toMatch(
    /^browsers open nothing .* 6667\b.* --http /,
  );
});

test("localhost is one socket, on 127.0.0.1: every connection is one that a stop cuts off", async () => {
  const { app } = await freshApi();
  await listen(app, { host: "localhost", port: 0 });
  try {
    expect(app.addresses()).toMatchObject([{ address: "127.0.0.1" }]);
  } finally {
    await app.close();
  }
});

test("an address is tried as it is listened on, and free again afterwards", async () => {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  // while a connection stays, the system gives its port to nobody who asks for any free one
  const accepted = once(server, "connection");
  const connection = connect(port, "127.0.0.1");
  await accepted;
  const closed = once(server, "close");
  try {
    await expect(tryListening({ host: "localhost", port })).rejects.toMatchObject({
      code: "ERR_HTTP_LISTEN",
    });
    server.close();
    await tryListening({ host: "localhost", port });
    await tryListening({ host: "localhost", port });
  } finally {
    server.close();
    connection.destroy();
  }
  await closed;
});
