import { BATCH_DATAGRAMS, Batch } from "../../protocol/batch.ts";

export interface PlainReading {
  channel: number;
  type: number;
  time: number;
  value: number;
}
export interface PlainStored {
  run: number;
  sequence: number;
  time: number;
  readings: PlainReading[];
}

/** Batches that hold these datagrams in order, `perBatch` in each; arrivals are the datagrams' times. */
export const batchesOf = (datagrams: readonly PlainStored[], perBatch = BATCH_DATAGRAMS): Batch[] => {
  const batches: Batch[] = [];
  for (let from = 0; from < datagrams.length; from += perBatch) {
    const batch = new Batch();
    for (const datagram of datagrams.slice(from, from + perBatch)) append(batch, datagram);
    batches.push(batch);
  }
  return batches;
};

const append = (batch: Batch, { run, sequence, time, readings }: PlainStored): void => {
  const at = batch.datagramCount++;
  batch.datagramRun[at] = run;
  batch.datagramSequence[at] = sequence;
  batch.datagramTime[at] = time;
  batch.datagramReadings[at] = readings.length;
  if (at === 0) batch.firstArrivalUs = time;
  batch.lastArrivalUs = Math.max(batch.lastArrivalUs, time);
  for (const reading of readings) {
    const index = batch.readingCount++;
    batch.readingChannel[index] = reading.channel;
    batch.readingType[index] = reading.type;
    batch.readingTime[index] = reading.time;
    batch.readingValue[index] = reading.value;
  }
};
