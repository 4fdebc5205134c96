import { EmptyColumns } from "./columns.ts";

/** Columns of datagrams in memory that grows, keeps what it holds, and is used again and again. */
export class GrowingColumns extends EmptyColumns {
  reset(): void {
    this.datagramCount = 0;
    this.readingCount = 0;
  }

  /** Make room for that many in all. */
  reserve(datagrams: number, readings: number): void {
    if (datagrams > this.sequence.length) {
      const room = roomFor(datagrams, this.sequence.length);
      this.sequence = kept(this.sequence, new Float64Array(room));
      this.datagramTime = kept(this.datagramTime, new Float64Array(room));
      this.readingStart = kept(this.readingStart, new Uint32Array(room + 1));
    }
    if (readings > this.value.length) {
      const room = roomFor(readings, this.value.length);
      this.channel = kept(this.channel, new Uint16Array(room));
      this.type = kept(this.type, new Uint8Array(room));
      this.readingTime = kept(this.readingTime, new Float64Array(room));
      this.value = kept(this.value, new Float64Array(room));
    }
  }
}

/** Columns used once are as long as what they hold. */
const roomFor = (needed: number, former: number): number => (former === 0 ? needed : Math.ceil(needed * 1.5));

const kept = <T extends Float64Array | Uint32Array | Uint16Array | Uint8Array>(from: T, to: T): T => {
  to.set(from);
  return to;
};
