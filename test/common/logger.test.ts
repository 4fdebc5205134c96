import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createLogger, createRepeatLimiter } from "../../common/logger.ts";
import { ManualClock } from "../support/manual-clock.ts";

const limited = (intervalMs: number, maxKeys?: number) => {
  const clock = new ManualClock();
  const limiter = createRepeatLimiter(clock, intervalMs, maxKeys);
  const written: string[] = [];
  const log = (key: string): void => limiter.limit(key, (heldBack) => written.push(`${key} ${heldBack}`));
  return { clock, written, log };
};

test("messages are JSON lines with time and fields", () => {
  const lines: string[] = [];
  const logger = createLogger("info", { write: (line) => lines.push(line) });
  logger.debug("not this one");
  logger.warn({ listener: "udp://0.0.0.0:4747" }, "buffer is small");
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({
      level: 40,
      listener: "udp://0.0.0.0:4747",
      msg: "buffer is small",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    }),
  ]);
});

test.runIf(existsSync("/dev/full"))("a log that takes nothing does not end what logs", () => {
  const full = openSync("/dev/full", "w");
  const code = `
    const { createLogger } = await import("./common/logger.ts");
    const logger = createLogger("info");
    for (const level of ["info", "fatal", "info"]) logger[level]("x".repeat(40_000));
    setTimeout(() => console.log("still here"), 10);`;
  const run = spawnSync(process.execPath, ["--input-type=module", "--eval", code], {
    cwd: join(import.meta.dirname, "../.."),
    stdio: ["ignore", "pipe", full],
    encoding: "utf8",
  });
  closeSync(full);
  expect(run).toMatchObject({ status: 0, stdout: "still here\n" });
});

test("a key is let through once per interval, then with the number held back", () => {
  const { clock, written, log } = limited(1000);
  for (let time = 0; time < 4; time++) log("a");
  clock.advanceMs(1000);
  log("a");
  log("a");
  expect(written).toEqual(["a 0", "a 3"]);
});

test("keys do not hold each other back", () => {
  const { written, log } = limited(1000);
  log("a");
  log("b");
  expect(written).toEqual(["a 0", "b 0"]);
});

test("the number of keys is bounded: the oldest is forgotten", () => {
  const { written, log } = limited(1000, 2);
  for (const key of ["a", "b", "c", "b", "a"]) log(key);
  expect(written).toEqual(["a 0", "b 0", "c 0", "a 0"]);
});
