import { useEffect, useState } from "preact/hooks";
import type { Status } from "../data/status-types.ts";
import { usePoll } from "../data/use-poll.ts";
import { lastAnswers, type Rates, ratesBetween } from "./rates.ts";

/** The collector's status, and what moved in the last seconds. */
export const useStatus = (): { status: Status | undefined; rates: Rates | undefined } => {
  const { data: status } = usePoll<Status>("status", 1000);
  const [kept, setKept] = useState<readonly Status[]>([]);
  useEffect(() => {
    if (status === undefined) return;
    setKept((before) => lastAnswers(before, status));
  }, [status]);
  const oldest = kept[0];
  return {
    status,
    rates: status === undefined || oldest === undefined ? undefined : ratesBetween(oldest, status),
  };
};
