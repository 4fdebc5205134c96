import type { Status } from "../data/status-types.ts";
import { usePoll } from "../data/use-poll.ts";
import { formatPlace } from "../routing.ts";

/** What is so at this moment; most other findings are about what was since the start. */
const OF_NOW = ["database", "thread-stalled", "listener-state"];

/** Says on every page what keeps the collector from hearing or storing: without it the numbers there look whole, and devices silent. */
export const TroubleNote = () => {
  const { data: status } = usePoll<Status>("status", 5000);
  const troubles =
    status?.findings.filter(({ code, severity }) => severity === "problem" && OF_NOW.includes(code)) ?? [];
  return (
    <div role="status">
      {troubles.map(({ sentence, listener }) => (
        <p class="trouble-note" key={`${listener} ${sentence}`}>
          {listener !== null && <span class="mono">{listener}: </span>}
          {sentence} Meanwhile devices may seem silent, and losses may not show yet.{" "}
          <a href={formatPlace("collector")}>What to do</a>
        </p>
      ))}
    </div>
  );
};
