/** What the programs of disks.test.ts share, which run on a disk of 16 MiB. */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { codeOf } from "../../common/errors.ts";
import type { Writer } from "../../db/writer/writer.ts";
import { IngestModel, type ModelRun } from "./ingest-model.ts";

const READINGS = 400;
const BLOCK = Buffer.alloc(4096);

/** Take all the room that is left. */
export const fillDisk = (directory: string): void => {
  try {
    for (;;) writeFileSync(`${directory}/other`, BLOCK, { flag: "a" });
  } catch (error) {
    if (codeOf(error) !== "ENOSPC") throw error;
  }
};

/** A device whose values nothing can make smaller. */
export class RandomDevice {
  readonly #model: IngestModel;
  readonly #run: ModelRun;
  #next = 0;

  constructor(nowUs: number) {
    this.#model = new IngestModel({ nowUs });
    this.#run = this.#model.run(this.#model.device("pump-7"), 3);
  }

  /** One datagram. @returns what became of its flush */
  flush(writer: Writer): string {
    const bytes = randomBytes(READINGS * 8);
    const readings = Array.from({ length: READINGS }, (_, channel) => ({
      channel,
      value: bytes.readDoubleLE(channel * 8),
      timeUs: this.#model.nowUs,
    }));
    this.#model.receive(this.#run, this.#next++, readings);
    writer.accept(this.#model.seal());
    return writer.flush().outcome;
  }
}
