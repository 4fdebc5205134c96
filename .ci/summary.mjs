// Adds up the reports of the test runs. A step that failed without a failed test (format, types, a crash) counts as one failure.
import { readFileSync } from "node:fs";

const [failedSteps, ...files] = process.argv.slice(2);
let passed = 0;
let failed = 0;
let skipped = 0;
for (const file of files) {
  try {
    const report = JSON.parse(readFileSync(file, "utf8"));
    passed += report.numPassedTests;
    failed += report.numFailedTests;
    skipped += report.numPendingTests + report.numTodoTests;
  } catch (error) {
    console.log(`no report in ${file}: ${error.message}`);
    failed += 1;
  }
}
if (process.env.CI && skipped > 0) {
  console.log(`${skipped} skipped: in CI nothing may be skipped`);
  failed += skipped;
}
failed = Math.max(failed, Number(failedSteps));
console.log(`${skipped} skipped`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
