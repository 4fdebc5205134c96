import { expect, test } from "vitest";
import { parseTarget } from "../../../simulator/options/target.ts";

test("a target URL names host, port and how to send", () => {
  const { target, mistakes } = parseTarget(
    "udp://239.192.47.47:4748?interface=eth0&ttl=4&loop=false&source=10.0.0.9",
  );
  expect(mistakes).toEqual([]);
  expect(target).toEqual({
    ...{ host: "239.192.47.47", port: 4748, interface: "eth0" },
    ...{ ttl: 4, loop: false, source: "10.0.0.9" },
  });
});

test("an IPv6 target is written in brackets", () => {
  expect(parseTarget("udp://[ff15::4747]:4747?interface=lo").target?.host).toBe("ff15::4747");
});

test.each([
  ["http://127.0.0.1:1", "is not a target"],
  ["udp://127.0.0.1", "is not a target"],
  ["udp://127.0.0.1:0", "port 0"],
  ["udp://127.0.0.1:70000", "port 70000"],
  ["udp://[127.0.0.1]:4747", "is not an IPv6 address"],
  ["udp://127.0.0.1:1?ttl=0", "ttl=0"],
  ["udp://127.0.0.1:1?loop=yes", "loop=yes"],
  ["udp://127.0.0.1:1?source=eth0", "source=eth0"],
  [
    "udp://127.0.0.1:1?colour=red",
    "colour= is not an option of a target; accepted are interface, source, ttl, loop",
  ],
  ["udp://127.0.0.1:1?constructor=red", "constructor="],
  ["udp://127.0.0.1:1?__proto__=red", "__proto__="],
])("%s is refused and says why", (url, why) => {
  const { target, mistakes } = parseTarget(url);
  expect(target).toBeNull();
  expect(mistakes.join()).toContain(why);
});
