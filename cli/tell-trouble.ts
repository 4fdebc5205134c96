import type { Finding } from "../api/findings/finding.ts";
import type { ApiClient } from "../common/api-client.ts";

/** What is so at this moment; most other findings are about what was since the start. */
const OF_NOW: readonly Finding["code"][] = ["database", "listener-state"];

/** Says beside a list what keeps the collector from hearing or storing: without it the numbers there look whole, and devices silent. */
export const tellTrouble = async (client: ApiClient): Promise<void> => {
  const { findings } = await client.get<{ findings: Finding[] }>("/status", "findings");
  for (const { code, severity, sentence, listener } of findings) {
    if (severity !== "problem" || !OF_NOW.includes(code)) continue;
    const where = listener === null ? "" : `${listener}: `;
    process.stderr.write(
      `${where}${sentence} Meanwhile devices may seem silent, and losses may not show yet; lacuna doctor says what to do\n`,
    );
  }
};
