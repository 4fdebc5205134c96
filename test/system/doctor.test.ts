import { afterAll, expect, test } from "vitest";
import { runLacuna, startCollector, temporaryDirectory } from "../support/lacuna-process.ts";

const directory = temporaryDirectory();
afterAll(() => directory.remove());

test("doctor asks a collector with its token and finds what is wrong; check finds it before a start", async () => {
  const made = JSON.parse((await runLacuna(["token", "--name", "doctor", "--json"])).stdout) as {
    token: string;
    line: string;
  };
  const sound = "udp://127.0.0.1:0?receiveBuffer=64KiB";
  const broken = "udp://239.1.1.1:0?interface=nope0";
  const collector = await startCollector([
    ...["--listen", sound, "--listen", `${broken}&optional=true`],
    ...["--db", `${directory.path}/doctor.db`, "--token", made.line],
  ]);
  const [refused, asked, checked] = await Promise.all([
    runLacuna(["doctor", "--api", collector.api]),
    runLacuna(["doctor", "--api", collector.api, "--json"], { env: { LACUNA_API_TOKEN: made.token } }),
    runLacuna([
      "check",
      "--config",
      "none",
      "--json",
      "--listen",
      sound,
      "--listen",
      broken,
      "--db",
      `${directory.path}/no/lacuna.db`,
      "--http",
      // where the collector is
      new URL(collector.api).host,
    ]),
  ]);
  await collector.stop();

  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("asks for a token that is valid: --token, or LACUNA_API_TOKEN");
  // the same as on the dashboard's page: the collector finds it, doctor prints it
  const report = JSON.parse(asked.stdout);
  // an optional listener that is not up is no problem
  expect(asked.code).toBe(0);
  expect(report.listeners[0]).toMatchObject({ state: "OK", joined: null, findings: [] });
  expect(report.listeners[1]).toMatchObject({
    state: "UNAVAILABLE",
    joined: false,
    findings: [
      {
        code: "listener-state",
        severity: "advice",
        fix: expect.stringMatching(/^ip address show {2}# compare/),
      },
    ],
  });
  expect(checked.code).toBe(1);
  expect(JSON.parse(checked.stdout)).toMatchObject({
    ok: false,
    listeners: [{ state: "OK" }, { state: "UNAVAILABLE", findings: [{ severity: "problem" }] }],
    findings: [
      { code: "database", severity: "problem", fix: expect.stringContaining("mkdir") },
      {
        code: "http",
        severity: "problem",
        sentence: expect.stringMatching(/^the HTTP API cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/),
        fix: expect.stringMatching(/^ss -ltnp /),
      },
    ],
  });
});
