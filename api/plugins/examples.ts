import { readFileSync } from "node:fs";

/** Answers as they really are, made by the contract tests: `npx vitest run --project unit test/api/contract -u` writes them anew. */
interface Example {
  /** the request, without the server */
  url: string;
  type: string;
  body: unknown;
}

const EXAMPLES = JSON.parse(
  readFileSync(new URL("../schemas/examples.json", import.meta.url), "utf8"),
) as Readonly<Record<string, readonly Example[]>>;

/** Streams have no end, and these two are long: a part of each says enough. */
const PARTS: Readonly<Record<string, readonly Example[]>> = {
  getLive: [
    {
      url: "/api/v1/live?device=pump-7&event=reading",
      type: "text/event-stream",
      body: 'id: 812.k3f9-0-5-3\nevent: reading\ndata: {"device":"pump-7","epoch":3,"run":0,"seq":42,"time":"2026-11-20T12:00:00.123456Z","values":{"temperature":21.5}}\n\n',
    },
  ],
  getMetrics: [
    {
      url: "/metrics",
      type: "text/plain",
      body: "# HELP lacuna_devices Devices known.\n# TYPE lacuna_devices gauge\nlacuna_devices 1\n",
    },
  ],
  getOpenapi: [{ url: "/openapi.json", type: "application/json", body: { openapi: "3.1.0" } }],
};

interface Operation {
  operationId?: string;
  description?: string;
  responses?: Record<string, { content?: Record<string, { example?: unknown }> }>;
}

/** Puts an example of request and answer into every operation that has one. */
export const addExamples = (document: { paths?: Record<string, unknown> | undefined }): void => {
  for (const operations of Object.values(document.paths ?? {})) {
    for (const operation of Object.values(operations as Record<string, Operation>)) {
      const { operationId = "", responses } = operation;
      const examples = EXAMPLES[operationId] ?? PARTS[operationId] ?? [];
      operation.description = examples.map(({ url }) => `\`curl "$A${url}"\``).join("  \n");
      for (const { type, body } of examples) {
        const content = responses?.["200"]?.content?.[type];
        if (content !== undefined) content.example = body;
      }
    }
  }
};
