/** Source addresses that are remembered before the book is begun anew: 65,536 of up to 60 characters are some megabytes. */
export const MOST_ADDRESSES = 65_536;

/** What is new in a book since it was last asked. */
export interface NewAddresses {
  /** number of the first of them; 0 = the book was begun anew */
  from: number;
  addresses: string[];
}

/** Numbers for source addresses, so that a datagram handed to another thread carries a number and each address travels once. */
export class AddressBook {
  readonly #numbers = new Map<string, number>();
  #added: string[] = [];

  numberOf(address: string): number {
    const known = this.#numbers.get(address);
    if (known !== undefined) return known;
    const number = this.#numbers.size;
    this.#numbers.set(address, number);
    this.#added.push(address);
    return number;
  }

  /** No number is left: `clear` before the next datagram, once all that were given out have been sent. */
  get isFull(): boolean {
    return this.#numbers.size >= MOST_ADDRESSES;
  }

  clear(): void {
    this.#numbers.clear();
    this.#added = [];
  }

  /** The addresses that got a number since the last call; null = none did. */
  takeNew(): NewAddresses | null {
    if (this.#added.length === 0) return null;
    const addresses = this.#added;
    this.#added = [];
    return { from: this.#numbers.size - addresses.length, addresses };
  }
}

/** The other side's copy of a book. */
export class AddressCopy {
  #addresses: string[] = [];

  take(added: NewAddresses | null): void {
    if (added === null) return;
    if (added.from === 0) this.#addresses = [];
    this.#addresses.push(...added.addresses);
  }

  /** An address that has been taken. */
  at(number: number): string {
    return this.#addresses[number]!;
  }
}
