import type { Socket } from "node:net";
import type { App } from "../context.ts";
import { cutOff } from "../cut-off.ts";

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
