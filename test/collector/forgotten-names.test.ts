import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { ChannelRegistry } from "../../collector/batch/channel-registry.ts";
import { readRestored } from "../../db/restore/restore.ts";
import { IngestModel } from "../support/ingest-model.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { StoreBed } from "../support/store-bed.ts";

/** A sender that names its channels, what ingest knows of it and what the database has. */
class NamingSender {
  readonly #bed: StoreBed;
  readonly #model = new IngestModel();
  readonly #device: number;
  readonly #writer: ReturnType<StoreBed["writer"]>;
  #registry = this.#newRegistry();

  constructor(bed: StoreBed) {
    this.#bed = bed;
    this.#device = this.#model.device("pump");
    this.#writer = bed.closing(bed.writer({ checkpointLagMs: 0 }));
  }

  /** @returns the number of the channel */
  say(epoch: number, name: string): number {
    return this.#registry.numberOf(this.#device, this.#registry.tableOf(this.#device, epoch), name);
  }

  /** What is known comes from the database again, as it does after a restart and for a device that was paged out. */
  restart(): void {
    this.#flush();
    const db = new Database(this.#bed.file, { readonly: true });
    this.#registry = this.#newRegistry();
    for (const device of readRestored(db, { hasHistory: true, most: 10 }).devices)
      this.#registry.restore(device);
    db.close();
  }

  /** Names in the database, by epoch and channel. */
  get stored(): string[] {
    this.#flush();
    const { channels, devices } = this.#writer.state;
    return Array.from(
      channels.list(devices.channels[0]!),
      ({ epoch, channel, name }) => `${epoch} ${channel} ${name}`,
    );
  }

  #flush(): void {
    this.#writer.accept(this.#model.seal());
    while (this.#writer.flush().outcome !== "idle");
  }

  #newRegistry(): ChannelRegistry {
    return new ChannelRegistry((device, epoch, channel, name, unit) =>
      this.#model.describe(device, epoch, channel, name, unit),
    );
  }
}

test.for([false, true])(
  "a name that is said again in an epoch after more than eight others keeps its channel; restarted: %s",
  (restarts) => {
    using bed = new StoreBed();
    const sender = new NamingSender(bed);
    for (const name of ["a", "b"]) sender.say(0, name);
    for (let epoch = 1; epoch <= 20; epoch++) sender.say(epoch, "other");
    if (restarts) sender.restart();
    expect(["b", "new", "a"].map((name) => sender.say(0, name))).toEqual([32_769, 32_771, 32_768]);
    expect(sender.stored.filter((each) => each.startsWith("0 "))).toEqual([
      "0 32768 a",
      "0 32769 b",
      "0 32771 new",
    ]);
  },
);

test("a channel has one name and a name one channel in each epoch, however they come and whenever the collector starts", () => {
  for (const seed of [1, 2, 3, 4]) {
    using bed = new StoreBed();
    const random = seededRandom(seed);
    const sender = new NamingSender(bed);
    const said = new Map<string, number>();
    for (let turn = 0; turn < 2000; turn++) {
      const epoch = Math.floor(random() * 30);
      // most epochs have names of their own besides those they share with their neighbours
      const name = `n${Math.floor(random() * 6) + 2 * epoch}`;
      const number = sender.say(epoch, name);
      const key = `${epoch} ${name}`;
      expect(number, `turn ${turn}: ${key}`).toBe(said.get(key) ?? number);
      said.set(key, number);
      if (random() < 0.005) sender.restart();
    }
    const expected = Array.from(said, ([key, number]) => key.replace(" ", ` ${number} `));
    expect(sender.stored.sort()).toEqual(expected.sort());
  }
});
