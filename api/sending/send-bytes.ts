import type { FastifyReply } from "fastify";
import { releaseBytes } from "../../common/release-bytes.ts";
import type { Text } from "../sources.ts";

/**
 * Send bytes nobody else has, and give their memory back once the connection has taken all of the answer: V8 counts it with what is alive, and
 * else collects the whole heap of the thread after every 70th answer of 85 KiB. An answer that is broken off is left to it.
 */
export const sendBytes = (reply: FastifyReply, bytes: Uint8Array<ArrayBuffer>): FastifyReply => {
  reply.raw.once("finish", () => releaseBytes(bytes));
  return reply.send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
};

/** One text of three; that of the reader is given back. */
export const enclose = (head: string, text: Text, tail: string): Buffer<ArrayBuffer> => {
  const whole = Buffer.concat([Buffer.from(head), text, Buffer.from(tail)]);
  releaseBytes(text);
  return whole;
};
