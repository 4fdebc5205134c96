import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { liveEvents } from "../../../cli/tail/live-events.ts";
import { ApiClient } from "../../../common/api-client.ts";
import { systemClock } from "../../../common/clock.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A feed that answers the connections in turn. */
const feed = async (...answers: Answer[]): Promise<ApiClient> => {
  const server = createServer((request, response) => {
    response.setHeader("content-type", "text/event-stream");
    answers.shift()!(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return new ApiClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { token: "secret" });
};

const follow = async (client: ApiClient, most: number) => {
  const stop = new AbortController();
  const seen: string[] = [];
  const said: string[] = [];
  const events = liveEvents(client, "/live", {
    signal: stop.signal,
    retryMs: 1,
    onLost: (reason) => said.push(`lost: ${reason}`),
    onAgain: () => said.push("again"),
  });
  for await (const piece of events) {
    seen.push(...piece.map(({ data }) => data));
    if (seen.length >= most) stop.abort();
  }
  return { seen, said };
};

test("a connection that broke is made again and goes on after the last event", async () => {
  const ids: unknown[] = [];
  const begin: Answer = (request, response) => {
    ids.push(request.headers["last-event-id"], request.headers.authorization);
    response.writeHead(200);
  };
  const client = await feed(
    (request, response) => {
      begin(request, response);
      response.write("id: 5\ndata: a\n\n", () => response.destroy());
    },
    (_, response) => response.writeHead(503).end("busy"),
    (_, response) => response.writeHead(429).end("busy"),
    (request, response) => {
      begin(request, response);
      response.write("id: 6\ndata: b\n\n");
    },
  );
  const { seen, said } = await follow(client, 2);
  expect(seen).toEqual(["a", "b"]);
  expect(ids).toEqual([undefined, "Bearer secret", "5", "Bearer secret"]);
  expect([said.length, said[1]]).toEqual([2, "again"]);
});

test("one that ended in good order is made again too", async () => {
  const client = await feed(
    (_, response) => response.end("data: a\n\n"),
    (_, response) => response.end("data: b\n\n"),
  );
  expect(await follow(client, 2)).toEqual({ seen: ["a", "b"], said: ["lost: it ended", "again"] });
});

test("what may have been missed begins with what came last, not when the connection was found to be gone", async () => {
  const cut: (() => void)[] = [];
  const client = await feed(
    (_, response) => {
      response.write("data: a\n\n");
      cut.push(() => response.destroy());
    },
    (_, response) => response.write("data: b\n\n"),
  );
  const stop = new AbortController();
  const times: number[] = [];
  const events = liveEvents(client, "/live", {
    signal: stop.signal,
    retryMs: 1,
    onLost: () => {},
    onAgain: (heardAtUs) => times.push(heardAtUs),
  });
  await events.next();
  const readAtUs = systemClock.wallUs();
  const next = events.next();
  // silent for a while, then gone
  await sleep(20);
  cut[0]!();
  await next;
  stop.abort();
  expect(times[0]).toBeLessThanOrEqual(readAtUs);
});

test("a first connection that fails is an error, and so is a refusal later", async () => {
  const refusing: Answer = (_, response) => {
    response.writeHead(400).end('{"detail":"no","parameters":[{"name":"device","detail":"no"}]}');
  };
  await expect(follow(await feed(refusing), 1)).rejects.toMatchObject({ status: 400 });
  const later = await feed((_, response) => response.end("data: a\n\n"), refusing);
  await expect(follow(later, 2)).rejects.toMatchObject({ parameters: [{ name: "device" }] });
});

test("a feed that has begun is told before anything happens", async () => {
  const client = await feed((_, response) => response.write("retry: 2000\n\n"));
  const stop = new AbortController();
  const events = liveEvents(client, "/live", {
    signal: stop.signal,
    retryMs: 1,
    onLost: () => {},
    onAgain: () => {},
  });
  expect(await events.next()).toEqual({ done: false, value: [] });
  stop.abort();
  await events.return(undefined);
});

test("a feed is silent while it is read, not while nobody takes what came", async () => {
  const client = await feed((_, response) => {
    response.writeHead(200);
    response.write("data: a\n\n");
    setTimeout(() => response.write("data: b\n\n"), 1200);
  });
  const said: string[] = [];
  const stop = new AbortController();
  const events = liveEvents(client, "/live", {
    signal: stop.signal,
    retryMs: 1,
    silenceMs: 1000,
    onLost: (reason) => {
      said.push(reason);
      stop.abort();
    },
    onAgain: () => {},
  });
  for await (const [event] of events) {
    said.push(event!.data);
    if (said.length === 1) await sleep(1300);
  }
  expect(said).toEqual(["a", "b", "nothing for 1 s"]);
});
