import type { Note } from "../../protocol/batch.ts";
import { piecesOf } from "../view/descriptions.ts";
import type { LedgerState } from "../view/ledger-state.ts";

type ChannelNote = Extract<Note, { note: "channel" }>;

/**
 * The notes of a flush without the descriptions there is no room for: those channels go by their numbers. One that the device has given before, in whichever epoch,
 * needs no room. It is decided once, before anything is written: what the journal has is applied as it is, by whoever reads it.
 */
export const keptNotes = (
  notes: readonly Note[],
  state: LedgerState,
): { notes: readonly Note[]; leftOut: number } => {
  const asking = new Asking(state);
  const kept = notes.filter((note) => note.note !== "channel" || asking.takes(note));
  return { notes: kept, leftOut: notes.length - kept.length };
};

/** What one flush asks for. */
class Asking {
  readonly #state: LedgerState;
  /** pieces a device has with what the flush brought so far */
  readonly #pieces = new Map<number, number>();
  #asked = 0;

  constructor(state: LedgerState) {
    this.#state = state;
  }

  takes(note: ChannelNote): boolean {
    const { devices, channels } = this.#state;
    const slot = devices.slotOf(note.device);
    const head = slot < 0 ? -1 : devices.channels[slot]!;
    if (channels.has(head, note)) return true;
    const before = this.#pieces.get(note.device) ?? channels.piecesOf(head);
    const after = before + piecesOf(note);
    if (!channels.room.fits(before, after, this.#asked)) return false;
    this.#asked += channels.room.asks(before, after);
    this.#pieces.set(note.device, after);
    return true;
  }
}
