import { createSocket } from "node:dgram";
import { once } from "node:events";
import { expect, onTestFinished, test, vi } from "vitest";
import { runSimulate, summaryLines } from "../../../cli/simulate/run-simulate.ts";
import type { Summary } from "../../../simulator/run.ts";
import { fixedSettings } from "../../simulator/support.ts";

const summaryOf = (settings: Parameters<typeof fixedSettings>[0], rateHz: number): Summary => ({
  settings: fixedSettings(settings),
  elapsedMs: 2000,
  used: 40,
  sent: 2 * rateHz,
  rateHz,
  targetRateHz: 20,
  dropped: 0,
  corrupted: 0,
  duplicated: 0,
  reordered: 0,
  restarts: 0,
  control: 0,
  asked: 0,
  repeated: 0,
  refused: 0,
  startedAtUs: 0,
});

test("the rate of a fleet with two targets is told beside what was asked for to each", () => {
  expect(summaryLines(summaryOf({}, 20))[0]).toMatch(/: 20\/s \(asked for 20\/s\)$/);
  const both = { targetB: "udp://127.0.0.1:5002" };
  expect(summaryLines(summaryOf(both, 40))[0]).toMatch(/: 40\/s \(asked for 20\/s to each target\)$/);
});

test("what a few slow devices send is told as it is: half a datagram a second is neither one nor none", () => {
  const summary = {
    ...summaryOf({ devices: 1 }, 0.5),
    used: 1,
    sent: 1,
    targetRateHz: 0.25,
    asked: 1,
    repeated: 1,
  };
  const [first, second] = summaryLines(summary);
  expect(first).toBe("used 1 number of 1 device, sent 1 datagram in 2.00 s: 0.5/s (asked for 0.25/s)");
  expect(second).toMatch(/asked 1 time, sent 1 number again$/);
});

test("when it fails, how far it was does not stand before what is said of that", async () => {
  const receiver = createSocket("udp4").bind(0, "127.0.0.1");
  await once(receiver, "listening");
  const { isTTY } = process.stderr;
  const shown: string[] = [];
  process.stderr.isTTY = true;
  onTestFinished(() => {
    process.stderr.isTTY = isTTY;
    receiver.close();
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => shown.push(String(text)) > 0);
  const flags = {
    target: `udp://127.0.0.1:${receiver.address().port}`,
    // can be opened, and not written
    truth: "/dev/full",
    ...{ devices: "1", rate: "20", count: "8", endHeartbeats: "0", linger: "0ms" },
  };
  await expect(runSimulate(flags)).rejects.toMatchObject({ code: "ERR_TRUTH_WRITE" });
  expect(shown.slice(-2)).toEqual([expect.stringContaining(" s  sent "), "\r\u001b[2K"]);
});
