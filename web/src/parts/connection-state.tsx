import { useConnection } from "../data/connection.ts";
import { useNow } from "../data/use-now.ts";
import { duration } from "../format/times.ts";

/** Whether the collector answers, and for how long it has not. */
export const ConnectionState = () => {
  const { answeredAt, lostSince } = useConnection();
  const now = useNow(1000);
  if (lostSince !== null) {
    return (
      <span class="connection" data-state="lost" role="status">
        no answer for {duration(Math.max(1, (now - lostSince) / 1000))}
      </span>
    );
  }
  const state = answeredAt === null ? "waiting" : "live";
  return (
    <span class="connection" data-state={state} role="status">
      {state === "live" ? "live" : "connecting"}
    </span>
  );
};
