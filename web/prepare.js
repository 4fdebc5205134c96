// Builds the dashboard when the packages are installed. An install without development packages has nothing to build with, nor has one
// without optional packages: the native part of what vite is made of is one.
import { join } from "node:path";

const vite = await import("vite").catch(() => undefined);
if (vite === undefined)
  console.log(
    "lacuna: the dashboard is not built: that takes the development and the optional packages (npm ci without --omit, and with NODE_ENV other than production)",
  );
else await vite.build({ configFile: join(import.meta.dirname, "vite.config.ts"), logLevel: "warn" });
