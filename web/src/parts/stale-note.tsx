import { useConnection } from "../data/connection.ts";
import { clockTime } from "../format/times.ts";

/** Says from when the page is while the collector does not answer. */
export const StaleNote = () => {
  const { answeredAt, lostSince } = useConnection();
  if (lostSince === null) return null;
  return (
    <p class="stale-note">
      The collector does not answer.{" "}
      {answeredAt === null ? "" : `What you see is from ${clockTime(answeredAt)}. `}
      Trying again every second.
    </p>
  );
};
