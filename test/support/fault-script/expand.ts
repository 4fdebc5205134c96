import { collector } from "./collector.ts";
import { control } from "./control.ts";
import type { FaultEvent } from "./events.ts";
import { forgery } from "./forgery.ts";
import { forgetfulSenders } from "./forgetful-senders.ts";
import { evidence } from "./kernel-evidence.ts";
import type { Move } from "./moves.ts";
import { network } from "./network.ts";
import { paths } from "./paths.ts";
import { recovery } from "./recovery.ts";
import type { Sender } from "./sender.ts";
import { Stage } from "./stage.ts";
import { time } from "./time.ts";

/**
 * Fault scripts: what a hostile network, forgetful senders and a restarted collector do to a few devices. fast-check draws *moves*, which know
 * nothing of numbers (so that they shrink well); `expand` plays them with simulated senders and yields concrete events. Biased so that
 * every rule of docs/ledger.md is met often; the property test counts that.
 */

type Play = (stage: Stage, sender: Sender, k: number) => void;

const PLAYS: Record<Move["move"], Play> = {
  ...network,
  ...control,
  ...forgetfulSenders,
  ...recovery,
  ...paths,
  ...forgery,
  ...time,
  ...evidence,
  ...collector,
};

const SENDERS = 7;

/** Plays moves; deterministic. */
export function expand(moves: readonly Move[]): FaultEvent[] {
  const stage = new Stage(SENDERS);
  for (const { move, who, k } of moves) {
    // the lower senders speak more often, so that their runs grow long
    const sender = stage.senders[Math.min(who % SENDERS, (who >> 3) % SENDERS)]!;
    PLAYS[move](stage, sender, k);
  }
  return stage.events;
}
