interface Numbering {
  next: number;
  sent: string[];
  lost: string[];
  /** a heartbeat was the last it said */
  isAnnounced: boolean;
}

/** A sender of JSON that keeps what it sent of each epoch, and what of that was lost, to send it again or late. */
export class JsonSender {
  readonly port: number;
  readonly hasClock: boolean;
  epoch = 1;
  readonly #id: string;
  readonly #epochs = new Map<number, Numbering>();

  /** @param index - every other one has no clock */
  constructor(index: number) {
    this.port = 5000 + index;
    this.#id = `pump-${index}`;
    this.hasClock = index % 2 === 0;
  }

  /** Of its epoch. */
  get numbering(): Numbering {
    return this.#epochs.get(this.epoch) ?? this.begin();
  }

  /** It counts from 0, whether it did so before in this epoch or not. */
  begin(): Numbering {
    const begun = { next: 0, sent: [], lost: [], isAnnounced: false };
    this.#epochs.set(this.epoch, begun);
    return begun;
  }

  text(nowUs: number, members: object): string {
    return JSON.stringify({ device: this.#id, ...(this.hasClock && { time_us: nowUs }), ...members });
  }

  data(nowUs: number, seq = this.numbering.next++): string {
    return this.text(nowUs, { epoch: this.epoch, seq, values: { [`n${seq % 4}`]: seq } });
  }
}
