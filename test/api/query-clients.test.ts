import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { FleetTable } from "../../api/fleet/fleet-table.ts";
import type { QueryClient } from "../../db/query/query-types.ts";
import { freshApi } from "../support/api.ts";

const QUESTIONS = [
  "readings?format=csv",
  "series?channel=temperature",
  "series?channel=temperature&method=lttb",
  "gaps",
  "received",
].map((question) => `/api/v1/devices/pump-7/${question}`);
const OF_ALL = ["gaps", "raster?device=pump-7", "events", "fleet", "devices?sort=lost"];
const ALL = [...QUESTIONS, ...OF_ALL.map((question) => `/api/v1/${question}`)];

test("the queries of one connection are those of one client, of another one those of another", async () => {
  const { app, sources } = await freshApi();
  sources.add({ id: "pump-7" });
  const clients: (QueryClient | undefined)[] = [];
  const { reader } = sources;
  for (const [name, ask] of Object.entries(reader)) {
    const noted = (...values: unknown[]): unknown => {
      clients.push(values.at(-1) as QueryClient);
      return (ask as (...values: unknown[]) => unknown)(...values);
    };
    Object.assign(reader, { [name]: noted });
  }
  const { page } = FleetTable.prototype;
  vi.spyOn(FleetTable.prototype, "page").mockImplementation(function (this: FleetTable, ...values) {
    clients.push(values.at(-1) as QueryClient);
    return page.apply(this, values);
  });
  onTestFinished(() => {
    vi.restoreAllMocks();
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  onTestFinished(() => app.close());
  const { port } = app.server.address() as AddressInfo;
  const askAll = async (): Promise<Set<unknown>> => {
    clients.length = 0;
    const client: Socket = connect(port, "127.0.0.1");
    client.write(
      ALL.map((url, index) => {
        const connection = index === ALL.length - 1 ? "close" : "keep-alive";
        return `GET ${url} HTTP/1.1\r\nHost: localhost\r\nConnection: ${connection}\r\n\r\n`;
      }).join(""),
    );
    client.resume();
    await once(client, "close");
    expect(clients.length).toBeGreaterThanOrEqual(ALL.length);
    return new Set(clients);
  };
  const [one, other] = [await askAll(), await askAll()];
  expect([one.size, other.size]).toEqual([1, 1]);
  expect([...one][0]).toMatchObject({ destroyed: true });
  expect([...other][0]).not.toBe([...one][0]);
});
