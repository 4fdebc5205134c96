import { expect, test } from "vitest";
import { PathWatch } from "../../../collector/paths/path-watch.ts";

/** Looks once a second; `came` and `due` grow by so many a second. @returns what was said, with the second it was said in */
const play = (steps: readonly { seconds: number; came: number; due: number }[]): string[] => {
  const watch = new PathWatch(0);
  const said: string[] = [];
  let second = 0;
  let came = 0;
  let due = 0;
  for (const step of steps) {
    for (let i = 0; i < step.seconds; i++) {
      second++;
      came += step.came;
      due += step.due;
      const news = watch.look({ came, due }, second * 1000);
      if (news !== null) said.push(`${news} at ${second}`);
    }
  }
  return said;
};

test("a path that brings nothing for 5 s of what it should is down, once, and up when it has brought it for 5 s again", () => {
  const said = play([
    { seconds: 20, came: 10, due: 10 },
    { seconds: 30, came: 0, due: 10 },
    { seconds: 20, came: 9, due: 10 },
  ]);
  expect(said).toEqual(["down at 25", "up at 56"]);
});

test("a path that loses half is not down", () => {
  expect(play([{ seconds: 100, came: 5, due: 10 }])).toEqual([]);
});

test("a fleet that is silent as a whole is no dead path, and its silence does not count", () => {
  const said = play([
    { seconds: 10, came: 10, due: 10 },
    { seconds: 3600, came: 0, due: 0 },
    { seconds: 4, came: 0, due: 10 },
    { seconds: 10, came: 10, due: 10 },
  ]);
  expect(said).toEqual([]);
});

test("a slow fleet's path is down when it owes ten numbers", () => {
  const tick = { seconds: 1, came: 0, due: 1 };
  const pause = { seconds: 9, came: 0, due: 0 };
  const steps = Array.from({ length: 12 }, () => [tick, pause]).flat();
  expect(play([{ seconds: 5, came: 1, due: 1 }, ...steps])).toEqual(["down at 96"]);
});

test("a path that was never heard is down when the others have brought enough", () => {
  expect(play([{ seconds: 20, came: 0, due: 100 }])).toEqual(["down at 5"]);
});

test("single copies do not bring a path up, nor say that it is down again", () => {
  const said = play([
    { seconds: 10, came: 10, due: 10 },
    { seconds: 20, came: 0, due: 10 },
    { seconds: 1, came: 1, due: 10 },
    { seconds: 30, came: 0, due: 10 },
    { seconds: 30, came: 10, due: 10 },
  ]);
  expect(said).toEqual(["down at 15", "up at 67"]);
});

test("half of what a path should bring is enough to be up, nothing of nothing is not", () => {
  const down = [
    { seconds: 10, came: 10, due: 10 },
    { seconds: 10, came: 0, due: 10 },
  ];
  const back = { seconds: 1, came: 1, due: 1 };
  expect(play([...down, back, { seconds: 5, came: 5, due: 10 }])).toEqual(["down at 15", "up at 26"]);
  expect(play([...down, back, { seconds: 5, came: 0, due: 0 }])).toEqual(["down at 15"]);
});

test("a path that comes and goes is told of at most every ten seconds", () => {
  const steps = Array.from({ length: 20 }, (_, at) => ({ seconds: 3, came: at % 2 === 0 ? 10 : 0, due: 10 }));
  expect(play(steps).length).toBeLessThanOrEqual(6);
});
