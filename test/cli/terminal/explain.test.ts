import { expect, test } from "vitest";
import { explain } from "../../../cli/terminal/explain.ts";
import { UsageError } from "../../../cli/terminal/usage-error.ts";
import { ApiAnswerError } from "../../../common/api-client.ts";
import { LacunaError } from "../../../common/errors.ts";
import { noThread } from "../../support/refused-threads.ts";

test("a parameter the API refuses is a wrong flag, in the flag's words", () => {
  const parameters = [
    { name: "min_completeness", detail: "accepted is a number from 0 to 1" },
    { name: "from", detail: "accepted is a time" },
  ];
  expect(explain(new ApiAnswerError("ERR_API", "status 400", 400, parameters))).toEqual({
    message: "--min-completeness: accepted is a number from 0 to 1\n--from: accepted is a time",
    exitCode: 2,
  });
});

test("an answer of the collector is told in its own words, without the request", () => {
  const detail = 'there is no device "nope"';
  const message = `GET http://127.0.0.1:8047/api/v1/devices/nope/gaps: status 404: ${detail}`;
  const answer = new ApiAnswerError("ERR_API", message, 404, [], "ERR_UNKNOWN_DEVICE", detail);
  expect(explain(answer)).toEqual({ message: detail, exitCode: 1 });
});

test("a token that is asked for is told as the flag it is", () => {
  const detail = "a valid token is asked for: Authorization: Bearer TOKEN";
  const answer = new ApiAnswerError("ERR_API", "status 401", 401, [], "ERR_UNAUTHENTICATED", detail);
  expect(explain(answer)).toEqual({
    message: expect.stringMatching(/--token.*LACUNA_API_TOKEN/),
    exitCode: 1,
  });
});

test("any other answer is a failure", () => {
  expect(explain(new ApiAnswerError("ERR_API", "status 404: no such device", 404, []))).toEqual({
    message: "status 404: no such device",
    exitCode: 1,
  });
  expect(explain(new UsageError("--to: no"))).toEqual({ message: "--to: no", exitCode: 2 });
});

test.each([
  new LacunaError("ERR_DATABASE_OPEN", "cannot open the database a.db: EMFILE: too many open files"),
  new LacunaError("ERR_INGEST", "the ingest worker died: Worker initialization failure: EMFILE"),
  new LacunaError("ERR_INGEST", "Cannot read package config /tmp/package.json: too many open files."),
  new Error("uv_interface_addresses returned Unknown system error 24 (Unknown system error 24)"),
])("too few descriptors are a failure whose remedy is named, without a stack: %s", (error) => {
  expect(explain(error)).toEqual({
    message: `${error.message.replace(/\.$/, "")}: too few files and sockets may be open at once; ulimit -n raises the limit`,
    exitCode: 1,
  });
});

test("a thread that the system does not allow is a failure whose remedy is named, without a stack", () => {
  expect(explain(noThread())).toEqual({
    message: expect.stringMatching(
      /^no further thread can be started \(EAGAIN\): .*ulimit -u, .*TasksMax.* pids /,
    ),
    exitCode: 1,
  });
});
