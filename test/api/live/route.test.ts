import { expect, test } from "vitest";
import { freshApi } from "../../support/api.ts";

// browsers never come again after a 400
test.each(["", "x".repeat(5000), "7.k3f9-0-1-2"])(
  "no Last-Event-ID is a mistake of the client: %.20j",
  async (id) => {
    const { app } = await freshApi();
    const headers = { "last-event-id": id };
    const answer = await app.inject({ method: "HEAD", url: "/api/v1/live", headers });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).not.toHaveProperty("content-length");
  },
);

test("where no room is left a client is told so, instead of a stream", async () => {
  const { app, get } = await freshApi({ maxLiveClients: 0 });
  expect((await app.inject({ method: "HEAD", url: "/api/v1/live" })).statusCode).toBe(503);
  const { status, json } = await get("/api/v1/live");
  expect([status, json.code]).toEqual([503, "ERR_TOO_MANY_CLIENTS"]);
});
