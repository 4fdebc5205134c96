import { copyFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterAll, expect, test } from "vitest";
import {
  eventually,
  LacunaProcess,
  runLacuna,
  startCollector,
  temporaryDirectory,
} from "../support/lacuna-process.ts";

const TLS = join(import.meta.dirname, "../fixtures/tls");
const directory = temporaryDirectory();
afterAll(() => directory.remove());
const udp = ["--listen", "udp://127.0.0.1:0"];

test("beyond loopback without a token is refused with the remedy", async () => {
  const { code, stderr } = await runLacuna([
    "collect",
    ...udp,
    "--http",
    "0.0.0.0:0",
    "--db",
    `${directory.path}/a.db`,
  ]);
  expect([code, stderr]).toEqual([2, expect.stringContaining("lacuna token")]);
});

test("with a token of `lacuna token` it listens everywhere, and asks for it", async () => {
  const made = JSON.parse((await runLacuna(["token", "--name", "grafana", "--json"])).stdout);
  const collector = await startCollector([
    ...udp,
    ...["--http", "0.0.0.0:0", "--token", made.line, "--db", `${directory.path}/b.db`],
  ]);
  const url = `${collector.api.replace("0.0.0.0", "127.0.0.1")}/api/v1/ledger`;
  const answered = await fetch(url, { headers: { authorization: `Bearer ${made.token}` } });
  expect([(await fetch(url)).status, answered.status]).toEqual([401, 200]);
  await collector.stop();
});

/** Status of the answer, and whose certificate came with it. */
const ask = (url: string): Promise<[number | undefined, string]> =>
  new Promise((resolve, reject) => {
    const asked = request(url, { rejectUnauthorized: false, agent: false }, (response) => {
      const name = String((response.socket as TLSSocket).getPeerCertificate().subject.CN);
      response.resume().on("end", () => resolve([response.statusCode, name]));
    });
    asked.on("error", reject).end();
  });

/** What `--tls-cert` and `--tls-key` name, in a place of the test's own, to be replaced. */
const certificate = (name: string): { flags: string[]; install(which: "first" | "second"): void } => {
  const [cert, key] = [`${directory.path}/${name}-cert.pem`, `${directory.path}/${name}-key.pem`];
  const install = (which: string): void => {
    copyFileSync(join(TLS, `${which}-cert.pem`), cert);
    copyFileSync(join(TLS, `${which}-key.pem`), key);
  };
  install("first");
  return { flags: ["--tls-cert", cert, "--tls-key", key], install };
};

test("HTTPS with the certificate of the files, and with the new one after SIGHUP", async () => {
  const { flags, install } = certificate("c");
  const collector = await startCollector([...udp, "--db", `${directory.path}/c.db`, ...flags]);
  const url = `${collector.api}/livez`;
  expect(await ask(url)).toEqual([200, "lacuna test first"]);
  install("second");
  collector.process.signal("SIGHUP");
  await eventually(
    () => ask(url),
    ([, name]) => name === "lacuna test second",
  );
  copyFileSync(join(TLS, "first-key.pem"), `${directory.path}/c-key.pem`);
  collector.process.signal("SIGHUP");
  await collector.process.logged("the certificate was not renewed: the former one stays");
  expect(await ask(url)).toEqual([200, "lacuna test second"]);
  expect((await collector.stop()).code).toBe(0);
});

test("SIGHUP during a start does not end it: the certificate is read again when it is ready", async () => {
  const { flags, install } = certificate("d");
  const starting = new LacunaProcess([
    ...["collect", ...udp, "--http", "127.0.0.1:0", "--db", `${directory.path}/d.db`, ...flags],
  ]);
  await starting.logged("listener state");
  install("second");
  starting.signal("SIGHUP");
  const { http } = (await starting.logged("ready")) as { http: string };
  await starting.logged("certificate and key were read again");
  expect(await ask(`${http}/livez`)).toEqual([200, "lacuna test second"]);
  expect((await starting.stop()).code).toBe(0);
});
