import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../../common/clock.ts";
import type { AuditFleet, AuditSource } from "./source.ts";

const POLL_MS = 200;
/** as long as nothing changed for so many polls, more than a flush takes, nothing is under way */
const QUIET_POLLS = 5;
/** the same while numbers are missing: a device may be asked for them for 10 s, seldom in the end */
const QUIET_POLLS_WHILE_MISSING = 60;

/** What moves while datagrams arrive, windows close or commits are under way. */
const stateOf = ({ counts, datagrams, held }: AuditFleet): string =>
  [datagrams, held, counts.received, counts.missing, counts.lost, counts.pending].join();

const isIdle = ({ counts, held }: AuditFleet): boolean => Number(counts.pending) === 0 && Number(held) === 0;

/**
 * Waits until a running collector has dealt with everything sent: nothing pending or held, no gap closing, no datagram coming.
 * @param waitMs - give up after so long, milliseconds
 * @param pollMs - between two looks
 * @returns whether it settled
 */
export const settle = async (
  source: AuditSource,
  clock: Pick<Clock, "monotonicMs">,
  waitMs = 30_000,
  pollMs = POLL_MS,
): Promise<boolean> => {
  const untilMs = clock.monotonicMs() + waitMs;
  let before = "";
  let quiet = 0;
  while (clock.monotonicMs() < untilMs) {
    const fleet = await source.fleet();
    const state = stateOf(fleet);
    quiet = state === before && isIdle(fleet) ? quiet + 1 : 0;
    const isMissing = Number(fleet.counts.missing) > 0;
    if (quiet >= (isMissing ? QUIET_POLLS_WHILE_MISSING : QUIET_POLLS)) return true;
    before = state;
    await sleep(pollMs);
  }
  return false;
};
