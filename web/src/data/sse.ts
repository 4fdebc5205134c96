export interface ServerEvent {
  event: string;
  data: string;
}

/**
 * Takes a stream of Server-Sent Events in pieces as they come, wherever they were cut.
 * @returns for each piece the events it completes; comments and ids are left out
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export const eventParser = (): ((piece: string) => ServerEvent[]) => {
  let rest = "";
  let event = "message";
  let data: string[] = [];
  return (piece) => {
    const lines = (rest + piece).split("\n");
    rest = lines.pop()!;
    const events: ServerEvent[] = [];
    for (const raw of lines) {
      const line = raw.replace(/\r$/, "");
      if (line === "") {
        if (data.length > 0) events.push({ event, data: data.join("\n") });
        event = "message";
        data = [];
      } else if (line.startsWith("event:")) event = line.slice(6).trim();
      else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
    }
    return events;
  };
};
