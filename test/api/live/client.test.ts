import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { LiveClient } from "../../../api/live/client.ts";

const SECOND_US = 1_000_000;
const NOON_US = 1_795_176_000 * SECOND_US;
const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];

/** A client that follows gaps and has just come, and what it is sent; `waitingBytes` is what its connection has not taken. */
const gapClient = (nowMs = 0, position: string | null = null) => {
  const sent: string[] = [];
  const response = {
    writableLength: 0,
    writableEnded: false,
    isDestroyed: false,
    destroy: () => {
      response.isDestroyed = true;
    },
    write: (bytes: Uint8Array) => {
      sent.push(decoder.decode(bytes));
      response.writableLength += bytes.length;
    },
  };
  const wish = { devices: [], channels: [], events: new Set(["gap"] as const) };
  const client = new LiveClient(1, response as unknown as ServerResponse, wish, position, nowMs);
  return {
    client,
    sent,
    response,
    waitingBytes: (bytes: number): void => {
      response.writableLength = bytes;
    },
    gap: (name: string, afterSeconds: number): void => {
      const atUs = NOON_US + afterSeconds * SECOND_US;
      client.sendGaps(encoder.encode(name), atUs, atUs);
    },
  };
};

const SKIPPED = `event: skipped
data: {"event":"gap","reason":"too-slow","from":"2026-11-20T12:00:00.000000Z","to":"2026-11-20T12:00:01.000000Z"}

`;

test("gaps left out for a slow client are said with the next heartbeat it can take, once", () => {
  const { client, sent, waitingBytes, gap } = gapClient();
  waitingBytes(5 * 2 ** 20);
  gap("first", 0);
  gap("second", 1);
  client.heartbeat(15_000);
  expect(sent).toEqual([]);
  waitingBytes(0);
  client.heartbeat(30_000);
  client.heartbeat(45_000);
  expect(sent).toEqual([SKIPPED, ": nothing new\n\n", ": nothing new\n\n"]);
});

test("gaps of a slower worker may come with a later commit than others that closed behind them", () => {
  const { client, sent, waitingBytes, gap } = gapClient();
  waitingBytes(5 * 2 ** 20);
  for (const afterSeconds of [0.5, 1, 0]) gap("missed", afterSeconds);
  waitingBytes(0);
  client.heartbeat(15_000);
  expect(sent[0]).toBe(SKIPPED);
});

test("they are said before a gap that comes earlier than the heartbeat", () => {
  const { client, sent, waitingBytes, gap } = gapClient();
  waitingBytes(5 * 2 ** 20);
  gap("first", 0);
  gap("second", 1);
  waitingBytes(0);
  gap("third", 2);
  client.heartbeat(15_000);
  expect(sent).toEqual([SKIPPED, "third", ": nothing new\n\n"]);
});

test("a heartbeat moves the place of a client that is told what all are told, of no other", () => {
  const { client, sent } = gapClient(0, "7-0");
  for (const state of ["catching-up", "behind", "told"] as const) {
    client.state = state;
    client.heartbeat(0);
  }
  expect(sent).toEqual([": nothing new\n\n", ": nothing new\n\n", ": nothing new\nid: 7-0\n\n"]);
});

test("one whose stream is over is sent nothing more", () => {
  const { client, sent, response, gap } = gapClient();
  response.writableEnded = true;
  gap("a gap", 0);
  client.heartbeat(0);
  expect(sent).toEqual([]);
});

describe("a client that has much to take", () => {
  const MIB = 2 ** 20;
  const [EACH_MS, BEATS] = [15_000, 8];

  test("is let go when it takes nothing for a minute, however little waits", () => {
    const { client, response, waitingBytes } = gapClient();
    client.send(new Uint8Array(2 * MIB));
    waitingBytes(MIB);
    for (let beat = 1; beat <= 4; beat++) client.heartbeat(beat * EACH_MS);
    expect(response.isDestroyed).toBe(false);
    client.heartbeat(5 * EACH_MS);
    expect(response.isDestroyed).toBe(true);
  });

  test("is let go when it has taken nothing since it came a minute ago", () => {
    const { client, response } = gapClient(5 * EACH_MS);
    client.send(new Uint8Array(MIB));
    for (let beat = 6; beat <= 8; beat++) client.heartbeat(beat * EACH_MS);
    expect(response.isDestroyed).toBe(false);
    client.heartbeat(9 * EACH_MS);
    expect(response.isDestroyed).toBe(true);
  });

  test("stays while it takes as much as comes", () => {
    const { client, response, waitingBytes } = gapClient();
    for (let beat = 0; beat <= BEATS; beat++) {
      client.send(new Uint8Array(MIB));
      waitingBytes(MIB);
      client.heartbeat(beat * EACH_MS);
    }
    expect(response.isDestroyed).toBe(false);
  });

  test("stays while it takes some of it, however slowly", () => {
    const { client, response, waitingBytes } = gapClient();
    client.send(new Uint8Array(20 * MIB));
    for (let beat = 1; beat <= BEATS; beat++) {
      waitingBytes((20 - beat) * MIB);
      client.heartbeat(beat * EACH_MS);
    }
    expect(response.isDestroyed).toBe(false);
  });
});
