import { expect, test } from "vitest";
import { SilenceWatch } from "../../../collector/listener/silence-watch.ts";

test("a group is said to be silent once, and heard again with the next datagram", () => {
  const watch = new SilenceWatch(3000);
  expect(watch.look(1, true, 1000)).toBeNull();
  expect(watch.look(1, true, 3999)).toBeNull();
  expect(watch.look(1, true, 4000)).toBe("silent");
  expect(watch.look(1, true, 9000)).toBeNull();
  expect(watch.look(2, true, 9001)).toBe("heard");
  expect(watch.look(2, true, 9002)).toBeNull();
  expect(watch.look(2, true, 12_001)).toBe("silent");
});

test("a group that was never heard is silent too", () => {
  const watch = new SilenceWatch(3000);
  expect(watch.look(0, true, 0)).toBeNull();
  expect(watch.look(0, true, 3000)).toBe("silent");
});

test("silence begins when the listener is up", () => {
  const watch = new SilenceWatch(3000);
  expect(watch.look(0, false, 5000)).toBeNull();
  expect(watch.look(0, true, 7999)).toBeNull();
  expect(watch.look(0, true, 8000)).toBe("silent");
});
