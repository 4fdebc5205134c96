import { execFile } from "node:child_process";
import type { Socket } from "node:dgram";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { hasChromium } from "./support/chromium.ts";
import { collectorSentTo } from "./support/sent-to.ts";
import { accessibilityViolations, visit } from "./support/visit.ts";

describe.skipIf(!hasChromium())("a collector that knows no device", () => {
  let sender: Socket;
  let port: number;
  const sentTo = collectorSentTo(["udp://127.0.0.1:0"], async (socket, collector) => {
    sender = socket;
    port = collector.ports[0]!;
  });

  test("says where to send to, what came there in vain, and a line of shell that makes a device", async () => {
    const { page, complaints, close } = await visit(sentTo.browser, sentTo.api, "#/raster");
    await page.getByRole("link", { name: "The fleet's page" }).click();
    await page.getByText(`udp://127.0.0.1:${port} nothing has come yet`).waitFor();
    sender.send("hello", port, "127.0.0.1");
    await page.getByText("1 datagram came, rejected: bad-magic 1").waitFor();
    expect(await accessibilityViolations(page)).toEqual([]);
    const command = await page.locator(".first-command").innerText();
    // the shell's own view of it, without nc, which not every machine has
    const [json, destination] = command.split(" | nc -u -w1 ");
    expect(destination).toBe(`127.0.0.1 ${port}`);
    const { stdout } = await promisify(execFile)("sh", ["-c", json!]);
    sender.send(stdout, port, "127.0.0.1");
    await page.locator(".devices th.id", { hasText: "pump-7" }).waitFor();
    expect(await page.locator(".first-device").count()).toBe(0);
    expect(complaints).toEqual([]);
    await close();
  });
});
