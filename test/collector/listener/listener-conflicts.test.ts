import { expect, test } from "vitest";
import { parseListenerUrls } from "../../../collector/listener/listener-conflicts.ts";
import { ListenerUrlError } from "../../../collector/listener/listener-url.ts";

const mistakesOf = (...urls: string[]): readonly string[] => {
  try {
    parseListenerUrls(urls);
  } catch (error) {
    expect(error).toBeInstanceOf(ListenerUrlError);
    return (error as ListenerUrlError).mistakes;
  }
  return [];
};

test.each([
  [["udp://0.0.0.0:4747", "udp://239.192.47.47:4748?optional=true"]],
  [["udp://0.0.0.0:4747", "udp://[ff15::4747]:4747"]],
  [["udp://0.0.0.0:4747", "udp://[::]:4747"]],
  [["udp://127.0.0.1:0", "udp://127.0.0.1:0", "udp://0.0.0.0:0"]],
  [["udp://10.0.0.1:4747", "udp://239.1.1.1:4747"]],
  [["udp://232.1.1.1:1?source=10.0.0.1", "udp://232.1.1.1:1?source=10.0.0.2"]],
  [["udp://0.0.0.0:4747", "udp://239.1.1.1:4747?enabled=false"]],
  [["udp://239.1.1.1:1?interface=a", "udp://239.1.1.1:1?interface=b"]],
])("%j go together", (urls) => {
  expect(mistakesOf(...urls)).toEqual([]);
});

test("a wildcard and a group on one port are refused, both named and the reason given", () => {
  expect(mistakesOf("udp://0.0.0.0:4747", "udp://239.1.1.1:4747")).toEqual([
    "udp://0.0.0.0:4747 and udp://239.1.1.1:4747: a listener on 0.0.0.0 also hears every group joined on this host, so each datagram of 239.1.1.1 would arrive twice; give one of them another port",
  ]);
});

test.each([
  [["udp://127.0.0.1:1", "udp://127.0.0.1:1?format=json"], /the same address and port are given twice/],
  [["udp://[::1]:1", "udp://[0:0::1]:1"], /the same address and port are given twice/],
  [["udp://0.0.0.0:1", "udp://127.0.0.1:1"], /already covers 127\.0\.0\.1; leave one of them out/],
  [["udp://239.1.1.1:1", "udp://239.1.1.1:1"], /the same group is given twice/],
  [["udp://239.1.1.1:1?interface=a", "udp://239.1.1.1:1"], /give each the interface= it listens on/],
  [["udp://232.1.1.1:1", "udp://232.1.1.1:1?source=10.0.0.1"], /already hears that source/],
])("%j conflict", (urls, sentence) => {
  const mistakes = mistakesOf(...urls);
  expect(mistakes).toHaveLength(1);
  expect(mistakes[0]).toMatch(sentence);
});

test("mistakes of all URLs are told at once", () => {
  expect(
    mistakesOf("udp://x:1", "udp://0.0.0.0:99999", "udp://127.0.0.1:1", "udp://127.0.0.1:1"),
  ).toHaveLength(3);
});

test("a group on two interfaces is known to be, a disabled listener is none", () => {
  const listeners = parseListenerUrls([
    "udp://239.1.1.1:1?interface=a",
    "udp://239.1.1.1:1?interface=b",
    "udp://239.1.1.1:1?interface=c&enabled=false",
    "udp://239.1.1.1:2?interface=d",
  ]);
  expect(listeners.map(({ twins }) => twins)).toEqual([["b"], ["a"], ["a", "b"], []]);
});

test("five paths are one too many", () => {
  const urls = ["A", "B", "C", "D"].map((path, at) => `udp://127.0.0.1:${at + 1}?path=${path}`);
  expect(mistakesOf(...urls)).toEqual([]);
  expect(mistakesOf(...urls, "udp://127.0.0.1:9")).toEqual([expect.stringContaining("5 paths")]);
});
