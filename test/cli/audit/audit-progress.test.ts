import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { withAuditProgress } from "../../../cli/audit/audit-progress.ts";
import type { AuditProgress } from "../../../simulator/audit/audit.ts";

const LINE_CLEARED = "\r\u001b[2K";
const { isTTY } = process.stderr;
let shown: string[] = [];
beforeEach(() => {
  shown = [];
  process.stderr.isTTY = true;
  vi.spyOn(process.stderr, "write").mockImplementation((text) => shown.push(String(text)) > 0);
});
afterEach(() => {
  vi.restoreAllMocks();
  process.stderr.isTTY = isTTY;
});

test("on a terminal it is said how far the audit is, until it is over or nobody waits for it", async () => {
  let late: AuditProgress | undefined;
  const answer = await withAuditProgress(async (onProgress) => {
    onProgress(8, 3000);
    onProgress(3000, 3000);
    late = onProgress;
    return "clean";
  });
  late!(16, 3000);
  expect(answer).toBe("clean");
  expect(shown).toEqual([
    `${LINE_CLEARED}audited 8 of 3,000 devices`,
    `${LINE_CLEARED}audited 3,000 of 3,000 devices`,
    LINE_CLEARED,
  ]);
});

test("where no terminal is, nothing is said", async () => {
  process.stderr.isTTY = false;
  await withAuditProgress(async (onProgress) => onProgress(8, 8));
  expect(shown).toEqual([]);
});
