import { expect, test } from "vitest";
import { parseListenerUrl } from "../../../collector/listener/listener-url.ts";

const parsed = (url: string) => {
  const { listener, mistakes } = parseListenerUrl(url);
  expect(mistakes).toEqual([]);
  return listener!;
};
const mistakesOf = (url: string): string[] => {
  const { listener, mistakes } = parseListenerUrl(url);
  expect(listener).toBeNull();
  return mistakes.map((mistake) => mistake.slice(url.length + 2));
};

test("a URL without options takes the defaults", () => {
  expect(parsed("udp://0.0.0.0:4747")).toEqual({
    url: "udp://0.0.0.0:4747",
    kind: "wildcard",
    family: 4,
    address: "0.0.0.0",
    port: 4747,
    source: null,
    interface: null,
    format: "auto",
    receiveBufferBytes: 8_388_608,
    recovery: true,
    path: null,
    twins: [],
    silenceMs: null,
    optional: false,
    enabled: true,
  });
});

test.each([
  ["udp://[::]:4747", { kind: "wildcard", family: 6, address: "::" }],
  ["udp://10.77.0.255:4747", { kind: "address", family: 4, address: "10.77.0.255" }],
  ["udp://239.192.47.47:4747?interface=eth0", { kind: "group", family: 4, interface: "eth0" }],
  [
    "udp://232.1.2.3:5000?source=10.0.0.9&interface=10.0.0.2",
    { kind: "group", source: "10.0.0.9", interface: "10.0.0.2" },
  ],
  ["udp://[ff15::4747]:4747?interface=eth0", { kind: "group", family: 6, address: "ff15::4747" }],
  ["udp://[FF15:0:0::4747]:4747", { kind: "group", address: "ff15::4747" }],
  ["udp://[fe80::1]:4747?interface=eth0", { kind: "address", interface: "eth0" }],
  [
    "udp://127.0.0.1:0?format=json&receiveBuffer=64KiB",
    { port: 0, format: "json", receiveBufferBytes: 65_536 },
  ],
  ["udp://127.0.0.1:1/?path=A&optional=true&enabled=false", { path: "A", optional: true, enabled: false }],
])("%s is understood", (url, expected) => {
  expect(parsed(url)).toMatchObject(expected);
});

test.each([
  ["tcp://0.0.0.0:4747", /^not a listener URL; accepted is udp:\/\/ADDRESS:PORT/],
  ["0.0.0.0:4747", /^not a listener URL/],
  [
    "udp://localhost:4747",
    /^"localhost" is not an address; accepted is an IPv4 address .*names are not looked up/,
  ],
  ["udp://::1:4747", /^not a listener URL; accepted is .*\[::\]/],
  ["udp://[::ffff:10.0.0.1]:4747", /is an IPv4 address in IPv6 form; write it as IPv4/],
  ["udp://0.0.0.0", /^the port is missing; accepted is 0 to 65535/],
  ["udp://0.0.0.0:65536", /^"65536" is not a port; accepted is 0 to 65535/],
  ["udp://0.0.0.0:x", /^"x" is not a port/],
  ["udp://0.0.0.0:1?colour=red", /^the option "colour" is not known; accepted are interface, source, format/],
  ["udp://0.0.0.0:1?format=json&format=auto", /^the option "format" is given twice/],
  ["udp://0.0.0.0:1?format=xml", /^format=xml is not known; accepted is auto, lacuna, json/],
  ["udp://0.0.0.0:1?receiveBuffer=lots", /^receiveBuffer=lots is not a size; accepted is bytes/],
  ["udp://0.0.0.0:1?receiveBuffer=1", /^receiveBuffer=1 is out of range; accepted is 4KiB to 1GiB/],
  [
    "udp://0.0.0.0:1?optional=yes",
    /^optional=yes is not a yes or no; accepted is optional=true or optional=false/,
  ],
  ["udp://0.0.0.0:1?path=a%20b", /^path=a b is not a name/],
  ["udp://0.0.0.0:1?interface=eth0", /^interface= needs a multicast group or a link-local IPv6 address/],
  ["udp://0.0.0.0:1?source=10.0.0.9", /^source= needs a multicast group as address, and 0\.0\.0\.0 is none/],
  ["udp://232.1.2.3:1?source=239.1.1.1", /^source=239\.1\.1\.1 is not a sender's IPv4 address/],
  ["udp://232.1.2.3:1?source=::1", /^source=::1 is not a sender's IPv4 address/],
  [
    "udp://[ff15::1]:1?interface=eth0&source=fe80::1%25eth0",
    /^source=fe80::1%eth0 is not a sender's IPv6 address without a zone, such as source=2001:db8::9$/,
  ],
  ["udp://[ff02::1]:1", /^ff02::1 exists once per link, so interface= must name one/],
  ["udp://239.1.1.1:1?interface=", /^interface= is empty/],
  ["udp://0.0.0.0:1?__proto__=1", /^the option "__proto__" is not known/],
])("%s is refused with one sentence", (url, sentence) => {
  const mistakes = mistakesOf(url);
  expect(mistakes).toHaveLength(1);
  expect(mistakes[0]).toMatch(sentence);
});

test("all mistakes of a URL are told at once", () => {
  expect(mistakesOf("udp://host:99999?colour=red&optional=maybe")).toHaveLength(4);
});

test("a group may be given a bound for its silence, other listeners not", () => {
  expect(parsed("udp://239.1.1.1:4747?silence=30s").silenceMs).toBe(30_000);
  expect(mistakesOf("udp://239.1.1.1:4747?silence=soon")).toEqual([
    expect.stringContaining("silence=soon is not a duration"),
  ]);
  expect(mistakesOf("udp://239.1.1.1:4747?silence=1ms")).toEqual([expect.stringContaining("1s to 7d")]);
  expect(mistakesOf("udp://0.0.0.0:4747?silence=30s")).toEqual([
    expect.stringContaining("needs a multicast group"),
  ]);
});
