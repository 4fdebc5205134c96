import type { Socket } from "node:net";
import type { FastifyReply } from "fastify";

/** Of answers under way that end where their connection ends. */
const endingAnswers = new WeakSet<Socket>();

/**
 * Whether an answer without a length ends where its connection ends: HTTP/1.0, which proxies speak too, knows no other end. While it is under way
 * `cutOff` goes by it.
 */
export const endsWithConnection = ({ request, raw }: FastifyReply): boolean => {
  const { httpVersion, socket } = request.raw;
  // TLS has an end of its own
  if (httpVersion !== "1.0" || "encrypted" in socket) return false;
  endingAnswers.add(socket);
  raw.once("finish", () => endingAnswers.delete(socket));
  return true;
};

/** Whether more than the rest of an answer would be taken for a part of it. */
export const endsAnswer = (socket: Socket): boolean => endingAnswers.has(socket);

/** End a connection, whatever is under way: reset where nobody could tell otherwise that the answer is not whole. */
export const cutOff = (socket: Socket): void => {
  if (endingAnswers.has(socket)) socket.resetAndDestroy();
  else socket.destroy();
};
