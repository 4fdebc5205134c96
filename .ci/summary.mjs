// Adds up the reports of the test runs, and says last what failed: of a long output only the end may be kept.
// A step that failed without a failed test (format, types, a test file that did not load) counts as one failure.
import { readFileSync } from "node:fs";

const TAIL_LINES = 40;
/** of what a test run says of its failures */
const FAILURE_LINES = 200;

/** @returns lines that name what failed in a report: tests, and files of which tests have no result */
const failuresIn = ({ testResults }) =>
  testResults
    .filter(({ status }) => status !== "passed")
    .flatMap(({ name, message, assertionResults }) => {
      const tests = assertionResults
        .filter(({ status }) => status === "failed")
        .map(({ fullName }) => `FAILED ${name} > ${fullName}`);
      return tests.length > 0 ? tests : [`FAILED ${name}: did not load or did not end\n${message}`];
    });

const linesOf = (file) => readFileSync(file, "utf8").trimEnd().split("\n");
const tailOf = (file) => linesOf(file).slice(-TAIL_LINES).join("\n");

/** What a test run printed of its failures: with causes and differences, which a report has not. */
const saidOfFailures = (file) => {
  const lines = linesOf(file);
  const from = lines.findIndex((line) => /Failed (?:Tests|Suites) /.test(line));
  return from < 0 ? tailOf(file) : lines.slice(from, from + FAILURE_LINES).join("\n");
};

const failedSteps = [];
let passed = 0;
let failed = 0;
let skipped = 0;
// each step: its exit status, what it printed, and its report when it runs tests
for (let at = 2; at < process.argv.length; at += 3) {
  const [status, log, reportFile] = process.argv.slice(at, at + 3);
  if (status !== "0") failedSteps.push(log);
  if (reportFile === "-") {
    if (status !== "0") console.log(`FAILED ${log}\n${tailOf(log)}`);
    continue;
  }
  try {
    const report = JSON.parse(readFileSync(reportFile, "utf8"));
    const notRun = report.numPendingTests + report.numTodoTests;
    passed += report.numPassedTests;
    // a test that has no result failed too: the process it ran in is gone
    failed += report.numTotalTests - report.numPassedTests - notRun;
    skipped += notRun;
    const failures = failuresIn(report);
    if (failures.length > 0) console.log(saidOfFailures(log));
    for (const failure of failures) console.log(failure);
    if (status !== "0" && report.numFailedTests === 0) console.log(`FAILED ${log}\n${tailOf(log)}`);
  } catch (error) {
    console.log(`no report in ${reportFile}: ${error.message}\n${tailOf(log)}`);
    failed += 1;
  }
}
if (process.env.CI && skipped > 0) {
  console.log(`${skipped} skipped: in CI nothing may be skipped`);
  failed += skipped;
}
failed = Math.max(failed, failedSteps.length);
console.log(`${skipped} skipped`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
