import { fileURLToPath } from "node:url";
import { build } from "vite";

/** Before the browser tests: the page they open is the one of these sources. */
export default async (): Promise<void> => {
  await build({
    configFile: fileURLToPath(new URL("../../../web/vite.config.ts", import.meta.url)),
    logLevel: "error",
  });
};
