import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { freshApi, type TestApi } from "../../support/api.ts";

let api: TestApi;
beforeEach(async () => {
  api = await freshApi();
  onTestFinished(() => api.app.close());
  await api.app.listen({ port: 0, host: "127.0.0.1" });
});

const ask = (path: string): Socket => {
  const client = connect((api.app.server.address() as AddressInfo).port, "127.0.0.1");
  client.write(`GET ${path} HTTP/1.0\r\n\r\n`);
  return client;
};

/** How the connection ends, as HTTP/1.0 knows the end of the answer. */
const endOf = async (client: Socket): Promise<string> => {
  let text = "";
  client.on("data", (bytes) => {
    text += bytes;
  });
  const failed = once(client, "error").then(([error]) => error.code as string);
  const end = await Promise.race([failed, once(client, "end").then(() => "end")]);
  client.destroy();
  expect(text).toContain("device,epoch,run,first");
  return end;
};

test("a stream that ended ends its connection in good order", async () => {
  expect(await endOf(ask("/api/v1/gaps?format=csv"))).toBe("end");
});

test("one that cannot go on is reset: HTTP/1.0 would take it for whole", async () => {
  api.sources.gapPage = { gaps: [], next: [1] };
  const client = ask("/api/v1/gaps?format=csv");
  api.sources.reader.gaps = async (query) => {
    if (query.after === null) return { gaps: [], next: [1] };
    // when its beginning has come
    await once(client, "data");
    throw new Error("the disk is gone");
  };
  expect(await endOf(client)).toBe("ECONNRESET");
});

test("so is one whose client sends on what is no request: the error would stand in the answer, and end it", async () => {
  const client = ask("/api/v1/gaps?format=csv");
  api.sources.reader.gaps = async (query) => {
    if (query.after === null) return { gaps: [], next: [1] };
    client.write("more");
    return new Promise(() => {});
  };
  expect(await endOf(client)).toBe("ECONNRESET");
});

test("so is one that a stop cuts off", async () => {
  const client = ask("/api/v1/gaps?format=csv");
  const waiting = new Promise<void>((resolve) => {
    api.sources.reader.gaps = async (query) => {
      if (query.after === null) return { gaps: [], next: [1] };
      resolve();
      return new Promise(() => {});
    };
  });
  const end = endOf(client);
  await waiting;
  await api.app.close();
  expect(await end).toBe("ECONNRESET");
});
