import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { LacunaError } from "../../common/errors.ts";
import type { App } from "../context.ts";
import { cutOff } from "../sending/cut-off.ts";

/** Requests of one connection that wait at most. Each takes some 7 KiB until its turn, as would the answer that it is refused; connections are many. */
export const MOST_AHEAD = 128;

interface Line {
  /** the answer after which the next one is made */
  last: ServerResponse;
  waiting: number;
}

/**
 * A client may ask ahead (HTTP/1.1 pipelining), and Node hands out all that a packet holds at once: 1,500 requests, which were answered before anybody else
 * had his turn, and whose answers lay in memory until the client had taken those before. So each begins when the one before it is out. Before any other hook
 * that does something, and before any route is registered.
 */
export const answerOneAtATime = (app: App): void => {
  const lines = new WeakMap<Socket, Line>();
  app.addHook("onRequest", ({ raw: { socket } }, { raw: response }, done) => {
    const line = lines.get(socket);
    if (line === undefined || line.last.closed) {
      lines.set(socket, { last: response, waiting: 0 });
      done();
      return;
    }
    if (line.waiting === MOST_AHEAD) {
      cutOff(socket);
      return;
    }
    line.waiting++;
    const begin = (): void => {
      line.waiting--;
      done(socket.destroyed ? new LacunaError("ERR_QUERY_CANCELLED", "the client is gone") : undefined);
    };
    // others have their turn in between
    line.last.once("close", () => setImmediate(begin));
    line.last = response;
  });
};
