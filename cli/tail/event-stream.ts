/** One event as the server wrote it. */
export interface StreamEvent {
  event: string;
  data: string;
}

/**
 * Takes a stream of Server-Sent Events apart, piece by piece.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation (lines end with LF or CRLF here)
 */
export class EventStreamParser {
  /** to send as `Last-Event-ID` when the connection is made again: of what is complete; null = no event had an id */
  lastEventId: string | null;
  #id: string | null;
  #rest = "";
  #event = "";
  #data: string[] = [];

  /** @param lastEventId - of the connection before */
  constructor(lastEventId: string | null = null) {
    this.lastEventId = lastEventId;
    this.#id = lastEventId;
  }

  /** The events that are complete with this piece of text. */
  feed(text: string): StreamEvent[] {
    const events: StreamEvent[] = [];
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines) {
      const event = this.#line(line.endsWith("\r") ? line.slice(0, -1) : line);
      if (event !== null) events.push(event);
    }
    return events;
  }

  #line(line: string): StreamEvent | null {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "event") this.#event = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    return null;
  }

  #dispatch(): StreamEvent | null {
    const event = { event: this.#event === "" ? "message" : this.#event, data: this.#data.join("\n") };
    const isEmpty = this.#data.length === 0;
    this.lastEventId = this.#id;
    this.#event = "";
    this.#data = [];
    return isEmpty ? null : event;
  }
}
