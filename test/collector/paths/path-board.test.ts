import { expect, test } from "vitest";
import { parseListenerUrls } from "../../../collector/listener/listener-conflicts.ts";
import { pathNamesOf } from "../../../collector/listener/path-names.ts";
import { PathBoard, type PathCounts } from "../../../collector/paths/path-board.ts";

const LISTENERS = parseListenerUrls([
  "udp://239.1.1.1:4747?path=A",
  "udp://239.1.1.2:4747?path=B",
  "udp://127.0.0.1:4747?path=B",
  "udp://127.0.0.1:4748",
]);

const counts = (path: Partial<PathCounts>): PathCounts => ({
  expected: 0,
  first: 0,
  redundant: 0,
  backed: 0,
  skewBuckets: [],
  skewSumUs: 0,
  ...path,
});

test("listeners of one name are one path, those without a name another", () => {
  expect(pathNamesOf(LISTENERS)).toEqual({ names: ["A", "B", null], ofListener: [0, 1, 1, 2] });
});

test("a disabled listener makes no path of its own", () => {
  const one = parseListenerUrls(["udp://127.0.0.1:1?path=A", "udp://127.0.0.1:2?path=B&enabled=false"]);
  expect(pathNamesOf(one)).toEqual({ names: ["A"], ofListener: [0, 0] });
});

test("each path is told with its listeners and since when it is dead", () => {
  const board = new PathBoard(LISTENERS.slice(0, 3), 0, 1_000_000);
  const first = [counts({ expected: 100, first: 100 }), counts({ expected: 100, redundant: 100 })];
  const later = [
    counts({ expected: 200, first: 100 }),
    counts({ expected: 200, first: 100, redundant: 100 }),
  ];
  expect(board.look(first, 1000, 2_000_000)).toEqual([]);
  expect(board.look(later, 2000, 3_000_000)).toEqual([]);
  expect(board.look(later, 7000, 8_000_000)).toEqual([
    { kind: "path-down", detail: { path: "A", owed: 100 } },
  ]);
  expect(board.status(later)).toMatchObject([
    { path: "A", listeners: ["udp://239.1.1.1:4747?path=A"], state: "down", sinceUs: 8_000_000 },
    { path: "B", listeners: [{}, {}].map(() => expect.any(String)), state: "up", sinceUs: 1_000_000 },
  ]);
});

test("what was never heard is missed by its name: listeners without one owe nothing until a device is heard there", () => {
  const board = new PathBoard([LISTENERS[0]!, LISTENERS[1]!, LISTENERS[3]!], 0, 0);
  const heard = (numbers: number) => [counts({ expected: numbers, first: numbers }), counts({}), counts({})];
  board.look(heard(100), 1000, 0);
  expect(board.look(heard(200), 9000, 0)).toEqual([{ kind: "path-down", detail: { path: "B", owed: 200 } }]);
  const states = board.status(heard(200)).map(({ path, state }) => [path, state]);
  expect(states).toEqual([
    ["A", "up"],
    ["B", "down"],
    [null, "up"],
  ]);
});

test("with one path there is nothing to tell", () => {
  const board = new PathBoard(LISTENERS.slice(0, 1), 0, 0);
  expect(board.look([], 60_000, 0)).toEqual([]);
  expect(board.status([])).toEqual([]);
});
