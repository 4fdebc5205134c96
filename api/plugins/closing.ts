import type { Socket } from "node:net";
import type { App } from "../context.ts";
import { ApiError } from "../problems.ts";
import { cutOff } from "../sending/cut-off.ts";

/** How long an answer that is under way may take once the server closes. */
const GRACE_MS = 1000;

/**
 * A client that has connected and is silent, or does not read, would hold a closing server open for ever: Node's own time limits end with
 * `close`, and a browser connects ahead of what it asks. After a moment those that are left are cut off.
 */
export const cutOffWhenClosing = (app: App): void => {
  const sockets = new Set<Socket>();
  app.server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  app.addHook("preClose", async () => {
    const cutOffAll = (): void => {
      for (const socket of sockets) cutOff(socket);
    };
    setTimeout(cutOffAll, GRACE_MS).unref();
  });
};

/** What still comes on a connection that is open is refused: of Fastify's own refusal no client that goes by `code` knows what it says. */
export const refuseWhenClosing = (app: App): void => {
  let isClosing = false;
  app.addHook("preClose", async () => {
    isClosing = true;
  });
  app.addHook("onRequest", (_request, _reply, done) =>
    done(isClosing ? new ApiError("ERR_UNAVAILABLE", "the collector is stopping") : undefined),
  );
};
