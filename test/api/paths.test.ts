import { expect, test } from "vitest";
import type { PathStatus } from "../../api/part-status.ts";
import { testApi } from "../support/api.ts";
import { NOON_US } from "../support/fake-sources.ts";

const PATH_A: PathStatus = {
  path: "A",
  listeners: ["udp://239.1.1.1:4747?path=A"],
  state: "down",
  sinceUs: NOON_US,
  expected: 100,
  received: 95,
  redundant: 40,
  onlyHere: 5,
  skewMedianUs: 1500,
  skewP99Us: 20_000,
};
const UNNAMED: PathStatus = {
  ...PATH_A,
  path: null,
  state: "up",
  expected: 0,
  received: 0,
  skewMedianUs: null,
  skewP99Us: null,
};

const withPaths = async () => {
  const api = await testApi();
  api.sources.collector = { ...api.sources.collector, paths: [PATH_A, UNNAMED] };
  return api;
};

test("/status says per path what came, what came here alone, the loss and the skew", async () => {
  const { get } = await withPaths();
  const { paths } = (await get("/api/v1/status")).json;
  expect(paths[0]).toEqual({
    path: "A",
    listeners: ["udp://239.1.1.1:4747?path=A"],
    state: "down",
    since: "2026-11-20T12:00:00.000000Z",
    expected: 100,
    received: 95,
    redundant: 40,
    onlyHere: 5,
    absent: 5,
    loss: 0.05,
    skew: { medianSeconds: 0.0015, p99Seconds: 0.02 },
  });
  expect(paths[1]).toMatchObject({ path: null, loss: null, skew: { medianSeconds: null, p99Seconds: null } });
});

test("/metrics has every path, the one without a name as (none)", async () => {
  const { get } = await withPaths();
  const { text } = await get("/metrics");
  for (const line of [
    'lacuna_path_up{path="A"} 0',
    'lacuna_path_up{path="(none)"} 1',
    'lacuna_path_expected_numbers_total{path="A"} 100',
    'lacuna_path_received_numbers_total{path="A"} 95',
    'lacuna_path_redundant_numbers_total{path="A"} 40',
    'lacuna_path_only_here_numbers{path="A"} 5',
    'lacuna_path_skew_seconds{path="A",share="0.99"} 0.02',
  ])
    expect(text).toContain(`${line}\n`);
  expect(text).not.toContain('lacuna_path_skew_seconds{path="(none)"');
});
