import { createHash } from "node:crypto";
import { get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import { createGunzip } from "node:zlib";
import compress from "@fastify/compress";
import Fastify, { type FastifyInstance } from "fastify";
import { afterEach, expect, test } from "vitest";
import { enclose, sendBytes } from "../../../api/sending/send-bytes.ts";
import { seededDoubles } from "../../support/series.ts";

/** far more than the buffers of both ends of a connection hold */
const BYTES = 16 * 2 ** 20;

let app: FastifyInstance | undefined;
afterEach(async () => await app?.close());

const randomBytes = (): Uint8Array<ArrayBuffer> => {
  const random = seededDoubles(7);
  return Uint8Array.from({ length: BYTES }, () => Math.floor(random() * 256));
};

/** A server whose only answer is the bytes. */
const serve = async (bytes: Uint8Array<ArrayBuffer>): Promise<string> => {
  app = Fastify({ forceCloseConnections: true });
  await app.register(compress, { encodings: ["gzip"] });
  app.get("/", (_, reply) => sendBytes(reply.type("application/json"), bytes));
  await app.listen({ host: "127.0.0.1", port: 0 });
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/`;
};

const ask = (url: string, headers: Record<string, string> = {}): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => get(url, { headers, agent: false }, resolve).on("error", reject));

const hashOf = async (chunks: AsyncIterable<Buffer>): Promise<string> => {
  const hash = createHash("sha256");
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
};

test.each(["identity", "gzip"])(
  "a client that is slow gets all of it, and then its memory is given back: %s",
  async (encoding) => {
    const bytes = randomBytes();
    const sent = createHash("sha256").update(bytes).digest("hex");
    const answer = await ask(await serve(bytes), { "accept-encoding": encoding });
    await setTimeout(200);
    expect(bytes.length).toBe(BYTES);
    expect(await hashOf(encoding === "gzip" ? answer.pipe(createGunzip()) : answer)).toBe(sent);
    await expect.poll(() => bytes.length).toBe(0);
  },
);

test("an answer that is broken off keeps its memory: the connection may still read it", async () => {
  const bytes = randomBytes();
  const answer = await ask(await serve(bytes));
  answer.destroy();
  await setTimeout(200);
  expect(bytes.length).toBe(BYTES);
});

test("a text is enclosed whole, and given back", () => {
  const text = new TextEncoder().encode('"value":1');
  expect(enclose("{", text, "}").toString()).toBe('{"value":1}');
  expect(text.length).toBe(0);
});
