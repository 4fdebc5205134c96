import { useConnection } from "../data/connection.ts";
import { useTokenWanted } from "../data/token.ts";
import { useNow } from "../data/use-now.ts";
import { duration } from "../format/times.ts";

/** Something is asked every 5 s at least: after that long an answer is overdue, though the question may still be waiting for it. */
const QUIET_MS = 8000;

/** Whether the collector answers, for how long it has not, or that it tells nothing without a token. */
export const ConnectionState = () => {
  const isTokenWanted = useTokenWanted();
  const { answeredAt, lostSince, refusal } = useConnection();
  const now = useNow();
  if (lostSince !== null) {
    return (
      <span class="connection" data-state="lost" role="status">
        no answer
        {/* it counts: read out, it would be said anew every second */}
        <span aria-hidden="true"> for {duration(Math.max(1, (now - lostSince) / 1000))}</span>
      </span>
    );
  }
  if (isTokenWanted) {
    return (
      <span class="connection" data-state="locked" role="status">
        no token
      </span>
    );
  }
  if (refusal !== null) {
    return (
      <span class="connection" data-state="refused" role="status">
        answers in part
      </span>
    );
  }
  const isHeard = answeredAt !== null && now - answeredAt < QUIET_MS;
  const state = isHeard ? "live" : "waiting";
  return (
    <span class="connection" data-state={state} role="status">
      {state === "live" ? "live" : "connecting"}
    </span>
  );
};
