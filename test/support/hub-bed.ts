import { EventEmitter, once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { LIVE_EVENTS, type LiveEvent } from "../../api/live/client.ts";
import type { StartFeed } from "../../api/live/feed-thread.ts";
import { LiveHub } from "../../api/live/hub.ts";
import type { FromFeed, ToFeed } from "../../api/live/messages.ts";
import type { LiveCommit, LiveGap } from "../../api/sources.ts";
import { FakeSources, NOON_US } from "./fake-sources.ts";
import { LiveStream } from "./live-client.ts";
import { ManualClock } from "./manual-clock.ts";

interface Asked {
  devices?: string[];
  events?: LiveEvent[];
  after?: string;
}

type FeedSays = Parameters<StartFeed>[1];

/** A hub behind an HTTP server, with a feed a test plays by hand. */
export const startHub = async () => {
  const sources = new FakeSources();
  const posted: ToFeed[] = [];
  const closed: number[] = [];
  /** what each thread that was started says to the hub */
  const threads: FeedSays[] = [];
  /** why those that are asked for next are not started */
  const refused: Error[] = [];
  const clock = new ManualClock();
  /** the errors that were logged, with how many were held back before each */
  const logged: [message: string, heldBack: number][] = [];
  const log = {
    error: ({ err, heldBack }: { err: Error; heldBack: number }) => void logged.push([err.message, heldBack]),
  };
  const hub = new LiveHub(sources.live, sources.ledger, {
    clock,
    maxClients: 3,
    log,
    startFeed: (_data, on) => {
      if (refused.length > 0) throw refused.pop()!;
      threads.push(on);
      return { post: (message) => posted.push(message), close: async () => void closed.push(posted.length) };
    },
  });
  const asked: Asked[] = [];
  const server = createServer((_request, response) => {
    const { devices = [], events = [...LIVE_EVENTS], after = null } = asked.shift() ?? {};
    response.writeHead(200, { "content-type": "text/event-stream" });
    hub.add(response, { devices, channels: [], events: new Set(events) }, after);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    sources,
    hub,
    posted,
    closed,
    clock,
    logged,
    threads,
    refused,
    tell: (message: FromFeed) => threads.at(-1)!.message(message),
    fail: () => threads.at(-1)!.failed(new Error("died")),
    open: async (client: Asked = {}): Promise<LiveStream> => {
      asked.push(client);
      return await LiveStream.open(`http://127.0.0.1:${port}/`);
    },
    commit: (flush: number, gaps: LiveGap[] = [], runs: Partial<LiveCommit> = {}) =>
      sources.listener!.committed({
        ...{ flush, committedAtUs: NOON_US, newRuns: [], changedDevices: [], gaps },
        ...runs,
      }),
    stop: async () => {
      await hub.close();
      server.closeAllConnections();
      server.close();
    },
  };
};

/** A connection that takes as much as a test lets it. */
export class FakeResponse extends EventEmitter {
  readonly sent: string[] = [];
  writableLength = 0;
  readonly writableEnded = false;

  get writableNeedDrain(): boolean {
    return this.writableLength > 0;
  }

  write(bytes: Uint8Array): void {
    this.sent.push(new TextDecoder().decode(bytes));
  }

  end(): void {}

  /** Follow the hub, of everything. */
  follow(hub: LiveHub, ...events: LiveEvent[]): void {
    hub.add(this as unknown as ServerResponse, { devices: [], channels: [], events: new Set(events) }, null);
  }
}
