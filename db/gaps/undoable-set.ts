/** A set whose changes since the last `settle` can be taken back, as a transaction's can. */
export class UndoableSet {
  readonly #members: Set<number>;
  /** members added (true) or deleted (false), in order */
  #changes: { member: number; isAdded: boolean }[] = [];

  constructor(members: Iterable<number>) {
    this.#members = new Set(members);
  }

  add(member: number): void {
    if (this.#members.has(member)) return;
    this.#members.add(member);
    this.#changes.push({ member, isAdded: true });
  }

  /** @returns whether it was a member */
  delete(member: number): boolean {
    if (!this.#members.delete(member)) return false;
    this.#changes.push({ member, isAdded: false });
    return true;
  }

  settle(): void {
    this.#changes = [];
  }

  undo(): void {
    for (const { member, isAdded } of this.#changes.reverse()) {
      if (isAdded) this.#members.delete(member);
      else this.#members.add(member);
    }
    this.#changes = [];
  }
}
