import { deviceLedgerEvent, fleetLedgerEvent } from "../answers/ledger-json.ts";
import type { LedgerSource } from "../sources.ts";
import type { LiveClient } from "./client.ts";
import { eventBytes, exactJson } from "./event-text.ts";

/** One round of `event: ledger`: each ledger is written once, for all who want it, and goes to those who have another one. */
export class LedgerNews {
  readonly #ledger: LedgerSource;
  readonly #texts = new Map<string, { total: string; bytes: Uint8Array } | null>();

  constructor(ledger: LedgerSource) {
    this.#ledger = ledger;
  }

  /** The fleet's ledger, or those of the client's devices; a client that is too slow gets the newest in a later round. */
  tell(client: LiveClient): void {
    const { devices } = client.wish;
    for (const device of devices.length === 0 ? [""] : devices) {
      client.lacksLedger = client.isFull;
      if (client.lacksLedger) return;
      const news = this.#of(device);
      if (news === null || client.ledgers.get(device) === news.total) continue;
      client.ledgers.set(device, news.total);
      client.send(news.bytes);
    }
  }

  #of(device: string): { total: string; bytes: Uint8Array } | null {
    let news = this.#texts.get(device);
    if (news === undefined) {
      news = this.#write(device);
      this.#texts.set(device, news);
    }
    return news;
  }

  #write(device: string): { total: string; bytes: Uint8Array } | null {
    if (device === "") {
      const event = fleetLedgerEvent(this.#ledger);
      return { total: exactJson(event.total), bytes: eventBytes("ledger", exactJson(event)) };
    }
    const view = this.#ledger.device(device);
    if (view === undefined) return null;
    const event = deviceLedgerEvent(this.#ledger, view);
    return { total: exactJson(event.total), bytes: eventBytes("ledger", exactJson(event)) };
  }
}
