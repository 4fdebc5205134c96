import { useConnection } from "../data/connection.ts";
import { shortTime } from "../format/times.ts";

/** Says from when the page is while the collector does not answer, or not everything. */
export const StaleNote = () => {
  const { answeredAt, lostSince, refusal } = useConnection();
  if (lostSince === null && refusal !== null)
    return (
      <p class="stale-note">
        The collector answers, but not everything: {refusal.reason}.{" "}
        {refusal.shownFrom === null
          ? "Part of what belongs here is not shown. "
          : `Part of what you see is from ${shortTime(refusal.shownFrom, Date.now())}. `}
        Asking again.
      </p>
    );
  if (lostSince === null) return null;
  return (
    <p class="stale-note">
      The collector does not answer.{" "}
      {answeredAt === null ? "" : `What you see is from ${shortTime(answeredAt, Date.now())}. `}
      Trying again every second.
    </p>
  );
};
