/** A path is down when it brings nothing for so long … */
const DOWN_AFTER_MS = 5000;
/** … and of at least so many numbers. */
const DOWN_AFTER_NUMBERS = 10;
/** It is up again when it has brought at least half of what it should for so long. */
const UP_AFTER_MS = 5000;

/** What a path has brought and should have; both only grow. */
export interface PathReading {
  /** numbers that came by it */
  came: number;
  /** numbers it should have brought: those of devices heard by it; of a path with a name that brought nothing yet, all that came by the others */
  due: number;
}

/** Says when a path goes dead while the others bring what it should, and when it is back. Pure: readings and times come in. */
export class PathWatch {
  #isDown = false;
  /** up: when it brought something last, or nothing was due yet. Down: when it began to come back */
  #mark: PathReading & { atMs: number };
  #isReturning = false;

  constructor(nowMs: number) {
    this.#mark = { came: 0, due: 0, atMs: nowMs };
  }

  get isDown(): boolean {
    return this.#isDown;
  }

  /** Numbers it owes since it brought something last. */
  owed({ due }: PathReading): number {
    return due - this.#mark.due;
  }

  /** @param nowMs - monotonic */
  look(reading: PathReading, nowMs: number): "down" | "up" | null {
    return this.#isDown ? this.#lookDown(reading, nowMs) : this.#lookUp(reading, nowMs);
  }

  #lookUp(reading: PathReading, nowMs: number): "down" | null {
    const { came, due, atMs } = this.#mark;
    // a fleet that is silent as a whole says nothing about its paths
    if (reading.came !== came || reading.due <= due) {
      this.#mark = { ...reading, atMs: nowMs };
      return null;
    }
    if (nowMs - atMs < DOWN_AFTER_MS || reading.due - due < DOWN_AFTER_NUMBERS) return null;
    this.#isDown = true;
    return "down";
  }

  #lookDown(reading: PathReading, nowMs: number): "up" | null {
    const { came, due, atMs } = this.#mark;
    if (!this.#isReturning) {
      this.#isReturning = reading.came !== came;
      this.#mark = { ...reading, atMs: nowMs };
      return null;
    }
    if (nowMs - atMs < UP_AFTER_MS) return null;
    this.#mark = { ...reading, atMs: nowMs };
    this.#isReturning = false;
    const brought = reading.came - came;
    if (brought === 0 || brought * 2 < reading.due - due) return null;
    this.#isDown = false;
    return "up";
  }
}
