import { get, type IncomingMessage } from "node:http";

export interface LiveEventSeen {
  id: string | undefined;
  event: string;
  // parsed JSON of an event: tests compare it
  data: ReturnType<typeof JSON.parse>;
}

/** Reads a stream of Server-Sent Events as a browser does; `pause` makes it the slow client of a test. */
export class LiveStream {
  readonly events: LiveEventSeen[] = [];
  /** the id a browser would resume from */
  lastEventId: string | undefined;
  readonly head: Pick<IncomingMessage, "statusCode" | "headers">;
  /** settles when the stream ended, by whichever side */
  readonly ended: Promise<void>;
  readonly #response: IncomingMessage;
  readonly #waiting = new Set<() => void>();
  #rest = "";

  static open(url: string, lastEventId?: string): Promise<LiveStream> {
    const headers = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
    return new Promise((resolve, reject) => {
      get(url, { headers, agent: false }, (response) => resolve(new LiveStream(response))).on(
        "error",
        reject,
      );
    });
  }

  private constructor(response: IncomingMessage) {
    this.#response = response;
    this.head = response;
    response.setEncoding("utf8");
    response.on("data", (text: string) => this.#receive(text));
    response.on("error", () => {});
    this.ended = new Promise((resolve) => response.once("close", () => resolve()));
  }

  of(event: string): LiveEventSeen[] {
    return this.events.filter((each) => each.event === event);
  }

  /** Resolves when the events are as wanted; the deadline is the test's own timeout. */
  async until(wanted: (events: readonly LiveEventSeen[]) => boolean): Promise<void> {
    while (!wanted(this.events)) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
    }
  }

  pause(): void {
    this.#response.pause();
  }

  resume(): void {
    this.#response.resume();
  }

  close(): void {
    this.#response.destroy();
  }

  #receive(text: string): void {
    const blocks = (this.#rest + text).split("\n\n");
    this.#rest = blocks.pop()!;
    for (const block of blocks) this.#dispatch(block);
    for (const wake of this.#waiting) wake();
  }

  #dispatch(block: string): void {
    const fields = new Map(
      block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
    );
    const id = fields.get("id");
    this.lastEventId = id ?? this.lastEventId;
    const data = fields.get("data");
    if (data === undefined) return;
    this.events.push({ id, event: fields.get("event")!, data: JSON.parse(data) });
  }
}
