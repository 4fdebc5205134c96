import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { LiveClient } from "../../../api/live/client.ts";
import { LedgerNews } from "../../../api/live/ledger-news.ts";
import { FakeSources } from "../../support/fake-sources.ts";

/** more than may wait for a client */
const TOO_MUCH = 5 * 2 ** 20;

test("a client that became too slow between the ledgers of its devices lacks some, and is told them later", () => {
  const sources = new FakeSources();
  sources.add({ id: "fan" }, { id: "pump" });
  const told: string[] = [];
  const response = {
    writableLength: 0,
    writableEnded: false,
    write: (bytes: Uint8Array) => {
      const [, device] = /"device":"(\w+)"/.exec(new TextDecoder().decode(bytes))!;
      told.push(device!);
      response.writableLength = TOO_MUCH;
    },
  };
  const wish = { devices: ["fan", "pump"], channels: [], events: new Set(["ledger"] as const) };
  const client = new LiveClient(1, response as unknown as ServerResponse, wish, null, 0);
  const lacks = (): boolean => {
    new LedgerNews(sources.ledger).tell(client);
    return client.lacksLedger;
  };
  expect([lacks(), lacks(), told]).toEqual([true, true, ["fan"]]);
  response.writableLength = 0;
  expect([lacks(), told]).toEqual([false, ["fan", "pump"]]);
});
