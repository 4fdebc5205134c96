import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { cutOff, endsWithConnection } from "./cut-off.ts";

/**
 * Send an answer piece by piece, each when the client has taken the one before. To HEAD go the headers alone: Fastify would read the whole stream for
 * them, as fast as it comes, long after the answer is out, and a client could start any number of these on one connection.
 */
export const sendStream = (reply: FastifyReply, pieces: AsyncIterable<string | Uint8Array>): FastifyReply => {
  const isHead = reply.request.method === "HEAD";
  // an empty stream: nobody knows the length that GET would have
  const stream = Readable.from(isHead ? [] : pieces, { objectMode: false });
  if (endsWithConnection(reply)) {
    stream.once("error", () => {
      // before the head is out it is an error that can be told
      if (reply.raw.headersSent) cutOff(reply.request.raw.socket);
    });
  }
  return reply.send(stream);
};
