import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { ApiClient } from "../../common/api-client.ts";
import { LacunaError } from "../../common/errors.ts";

/** A client of something that answers so. */
const clientOf = async (answer: RequestListener): Promise<ApiClient> => {
  const server = createServer(answer).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return new ApiClient(`http://127.0.0.1:${port}`, { token: null });
};

test("what answers with something else than JSON is no collector", async () => {
  const client = await clientOf((_request, response) => response.end("<html>"));
  const asking = client.get("/status");
  await expect(asking).rejects.toBeInstanceOf(LacunaError);
  await expect(asking).rejects.toThrow(/\/api\/v1\/status: the answer is no JSON/);
});

test("an answer that breaks off says so, of whatever status", async () => {
  const breaking: RequestListener = ({ url }, response) => {
    response.writeHead(url!.endsWith("bad") ? 400 : 200, { "content-length": 100 });
    response.write("{", () => response.destroy());
  };
  const client = await clientOf(breaking);
  for (const path of ["/good", "/bad"]) {
    const asking = client.get(path);
    await expect(asking).rejects.toBeInstanceOf(LacunaError);
    await expect(asking).rejects.toThrow(/the answer broke off/);
  }
});
