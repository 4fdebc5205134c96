/** One string for all that are alike: each that is read from a datagram, or from the database, is one of its own. */
export class SharedStrings {
  readonly #most: number;
  readonly #shared = new Map<string, string>();

  /** @param most - kept at a time; who sends more different ones makes it begin anew */
  constructor(most: number) {
    this.#most = most;
  }

  /** @returns a string that is equal to the one given */
  share(text: string): string {
    const shared = this.#shared.get(text);
    if (shared !== undefined) return shared;
    if (this.#shared.size >= this.#most) this.#shared.clear();
    this.#shared.set(text, text);
    return text;
  }
}
