import { expect, test } from "vitest";
import { ListenerCounters } from "../../../collector/status/counters.ts";
import { REJECT, REJECT_REASONS } from "../../../protocol/reasons.ts";

test("of these rejected datagrams nobody knows whose number they had", () => {
  const undecoded = REJECT_REASONS.filter((reason) => {
    const counters = new ListenerCounters();
    counters.reject(REJECT[reason]);
    return counters.undecoded === 1;
  });
  expect(undecoded.filter((reason) => reason !== "sound")).toEqual([
    "empty",
    "truncated",
    "bad-magic",
    "bad-version",
    "bad-kind",
    "bad-flags",
    "bad-device-id",
    "bad-sequence",
    "bad-checksum",
    "count-mismatch",
    "trailing-bytes",
    "bad-json",
    "bad-field",
    "oversize",
    "not-for-us",
    "internal-error",
  ]);
});
