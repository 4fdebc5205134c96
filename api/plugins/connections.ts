import type { Clock } from "../../common/clock.ts";
import { createRepeatLimiter } from "../../common/logger.ts";
import type { App } from "../context.ts";

/**
 * A connection takes a file descriptor, which sockets and the database need too, and up to 64 KiB for a head that never ends, whether its client has a
 * token or not. Beyond the bound new ones are closed at once; the log says so every 10 s at most.
 */
export const boundConnections = (app: App, most: number, clock: Clock): void => {
  const limiter = createRepeatLimiter(clock);
  app.server.maxConnections = most;
  app.server.on("drop", () =>
    limiter.limit("", (heldBack) =>
      app.log.warn({ most, heldBack }, "too many HTTP connections: one was closed"),
    ),
  );
};
