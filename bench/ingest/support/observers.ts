import { createSocket } from "node:dgram";
import { setTimeout as sleep } from "node:timers/promises";
import { KIND, VALUE_TYPE } from "../../../protocol/constants.ts";
import { Datagram } from "../../../protocol/datagram.ts";
import { setDeviceId } from "../../../protocol/device-id.ts";
import { encodeBinary } from "../../../protocol/encode-binary.ts";
import { getJson } from "../../../test/support/lacuna-process.ts";
import { processMemory } from "../../../test/support/process-memory.ts";
import { processUsage, usageSince } from "./process-usage.ts";
import type { Observer } from "./runs.ts";

/** What is measured beside a load. Times in milliseconds. */
export interface Times {
  count: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

/** @param samples - milliseconds; at least one */
export const summarize = (samples: readonly number[]): Times => {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  return { count: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: sorted.at(-1)! };
};

/** Runs `step` again and again until told to stop. */
const repeat = (step: () => Promise<void>): (() => Promise<void>) => {
  let isRunning = true;
  const loop = async (): Promise<void> => {
    while (isRunning) await step();
  };
  const done = loop();
  return async () => {
    isRunning = false;
    await done;
  };
};

const API_PAUSE_MS = 20;

/** How long the API takes to answer, one question after the other, of the kinds a dashboard asks. */
export const observeApi = (api: string): Observer<Times> => {
  const questions = ["ledger", "status", "latest?limit=100", "devices?limit=100", "gaps?limit=100"];
  const samples: number[] = [];
  let asked = 0;
  const stop = repeat(async () => {
    const beganMs = performance.now();
    await getJson(`${api}/api/v1/${questions[asked++ % questions.length]}`);
    samples.push(performance.now() - beganMs);
    await sleep(API_PAUSE_MS);
  });
  return {
    stop: async () => {
      await stop();
      return { figures: summarize(samples), sent: 0 };
    },
  };
};

const PROBE_ID = "visibility-probe";
const PROBE_EVERY_MS = 20;

/** A device of its own that sends its next number every 20 ms, to a collector on 127.0.0.1. */
const startProbeDevice = (port: number): { sentAtMs: readonly number[]; stop(): void } => {
  const socket = createSocket("udp4");
  const datagram = new Datagram();
  datagram.kind = KIND.DATA;
  datagram.epoch = 1;
  datagram.readingCount = 1;
  datagram.types[0] = VALUE_TYPE.FLOAT64;
  setDeviceId(datagram, PROBE_ID);
  const bytes = Buffer.alloc(100);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const sentAtMs: number[] = [];
  const timer = setInterval(() => {
    datagram.sequence = sentAtMs.length;
    const length = encodeBinary(datagram, 0, bytes, view);
    sentAtMs.push(performance.now());
    socket.send(bytes.subarray(0, length), port, "127.0.0.1");
  }, PROBE_EVERY_MS);
  return {
    sentAtMs,
    stop: () => {
      clearInterval(timer);
      socket.close();
    },
  };
};

/**
 * From the sending of a datagram over loopback to the first answer that shows it. The query is asked again as soon as it is answered: its own
 * duration is part of every sample.
 */
export const observeVisibility = (api: string, port: number): Observer<Times> => {
  const device = startProbeDevice(port);
  const samples: number[] = [];
  const stop = repeat(async () => {
    const response = await fetch(`${api}/api/v1/devices/${PROBE_ID}/readings?order=desc&limit=1`);
    const { readings = [] } = (await response.json()) as { readings?: { seq: number }[] };
    const nowMs = performance.now();
    const newest = readings[0]?.seq ?? -1;
    while (samples.length <= newest) samples.push(nowMs - device.sentAtMs[samples.length]!);
  });
  return {
    stop: async () => {
      device.stop();
      await stop();
      return { figures: summarize(samples), sent: device.sentAtMs.length };
    },
  };
};

const MEMORY_EVERY_MS = 5000;

/** Resident memory every 5 s, bytes. */
export const observeMemory = (pid: number): Observer<number[]> => {
  const samples: number[] = [];
  const timer = setInterval(() => samples.push(processMemory(pid).residentBytes), MEMORY_EVERY_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      return { figures: samples, sent: 0 };
    },
  };
};

/** until then a process that has just begun is still compiling */
const WARM_MS = 20_000;

/** Share of a core the process and its threads take once it is warm; the load must last longer than that. */
export const observeIdling = (
  pid: number,
): Observer<{ coreShare: number; threads: Record<string, number> }> => {
  let [before, sinceMs] = [processUsage(pid), performance.now()];
  const timer = setTimeout(() => {
    [before, sinceMs] = [processUsage(pid), performance.now()];
  }, WARM_MS);
  return {
    stop: async () => {
      clearTimeout(timer);
      const { cpuSeconds, threadSeconds } = usageSince(before, processUsage(pid));
      const seconds = (performance.now() - sinceMs) / 1000;
      const threads = Object.fromEntries(
        Object.entries(threadSeconds).map(([name, cpu]) => [name, cpu / seconds]),
      );
      return { figures: { coreShare: cpuSeconds / seconds, threads }, sent: 0 };
    },
  };
};
