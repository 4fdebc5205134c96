import { expect, test } from "vitest";
import { type AuditReport, formatDifference, formatReport } from "../../../simulator/audit/audit.ts";
import { Findings } from "../../../simulator/audit/report.ts";
import { auditOf, sceneOf, victimOf } from "./audit-scene.ts";

test("a report names device, epoch, numbers and both opinions", async () => {
  const scene = sceneOf();
  const { record, readings } = victimOf(scene);
  const number = readings[10]!.sequence!;
  record.dropped = [...record.dropped, [number, number] as const].sort((a, b) => a[0] - b[0]);
  const report = await auditOf(scene);
  const text = formatReport(report).join("\n");
  expect(text).toContain(
    `received: device ${record.device}, epoch ${record.epoch}, ${number}: truth: dropped; ledger: received`,
  );
  expect(text).toMatch(/\d+ differences$/);
  expect(formatReport({ ...report, differenceCount: 1 }).at(-1)).toBe("1 difference");
});

test("a report lists the first thousand differences and counts all of them", () => {
  const findings = new Findings();
  const ofOne = (differences: number): Findings => {
    const found = new Findings();
    for (let at = 0; at < differences; at++)
      found.differ({ subject: "value", device: "pump-7", truth: "1", ledger: "2" });
    return found;
  };
  for (const count of [600, 1200]) findings.add(ofOne(count));
  const report = findings.report();
  expect([report.isClean, report.differenceCount, report.differences.length]).toEqual([false, 1800, 1000]);
  expect(ofOne(1200).report().differences).toHaveLength(1000);
  expect(formatReport(report)[1000]).toBe("… and 800 more differences");
  expect(formatReport({ ...report, differenceCount: 1001 })[1000]).toBe("… and 1 more difference");
});

test("a report says what was checked, and what could only be bounded", () => {
  const report: AuditReport = {
    ...{ isClean: true, differenceCount: 0, differences: [] },
    ...{ devices: 3, epochs: 4, numbers: 100, values: 270, received: 90, impaired: 4, beforeListening: 3 },
    blamed: { "socket-overflow": 1, "queue-overflow": 2, "collector-down": 0 },
    ...{ unknownDevices: 0, unknownEpochs: 0, boundedDuplicates: 1 },
  };
  expect(formatReport(report)).toEqual([
    "checked 100 numbers of 4 epochs of 3 devices, 270 values",
    "received 90, impaired by the simulator 4, before the collector listened 3",
    "blamed: socket-overflow 1, queue-overflow 2, collector-down 0",
    "duplicates of 1 epoch could only be bounded",
    "every number is explained",
  ]);
});

test("a difference names eight ranges of numbers at most, and how many numbers they are", () => {
  const numbers = Array.from({ length: 9 }, (_, at) => [10 * at, 10 * at + (at % 2)] as const);
  const where = { subject: "stored", device: "pump-7", epoch: 3, run: 1 } as const;
  expect(formatDifference({ ...where, numbers, truth: "delivered", ledger: "not stored" })).toBe(
    "stored: device pump-7, epoch 3, run 1, 0, 10-11, 20, 30-31, 40, 50-51, 60, 70-71, … (13 numbers): truth: delivered; ledger: not stored",
  );
});

test.each([
  [{ device: "pump-7" }, "device pump-7"],
  [{ device: null }, "fleet"],
  [{ device: "pump-7", epoch: null, run: 0 }, "device pump-7, epoch null"],
])("a difference names what it concerns and nothing else: %j", (concerns, where) => {
  expect(formatDifference({ ...concerns, subject: "device", truth: "known", ledger: "not known" })).toBe(
    `device: ${where}: truth: known; ledger: not known`,
  );
});
