import type { Socket } from "node:net";
import type { App } from "../context.ts";
import { cutOff } from "../sending/cut-off.ts";

/** How long a client may take nothing of its answer. Node notices that no more is taken only the second time that passes: one to two of it. */
export const STALLED_MS = 60_000;

const cutOffUnread = (socket: Socket): void => {
  if (socket.writableLength > 0) cutOff(socket);
};

/**
 * A client that does not read would keep its answer in memory for ever. After a time without a byte either way its connection ends, unless there is
 * nothing to be taken yet: a query may last longer. Before any route is registered.
 */
export const cutOffStalled = (app: App): void => {
  app.server.setTimeout(STALLED_MS);
  app.addHook("onRequest", (_request, reply, done) => {
    // with a listener Node leaves it to us; without an answer under way it ends the connection
    reply.raw.on("timeout", cutOffUnread);
    done();
  });
};
