import type { FleetLedger } from "../data/types.ts";
import { usePoll } from "../data/use-poll.ts";
import { rejectedByReason } from "../format/listener-words.ts";

/** A device that is heard and has no value: its readings may have been refused, as a text in the place of a number is. */
export const NoReading = () => {
  const { data } = usePoll<FleetLedger>("ledger", 2000);
  const refused = rejectedByReason(data?.total.refusedReadings ?? {});
  return (
    <p class="empty">
      No reading yet.
      {refused !== "" && ` The collector has refused readings, of this device or of others: ${refused}.`}
    </p>
  );
};
