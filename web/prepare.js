// Builds the dashboard when the packages are installed. An install without development packages has nothing to build with.
const vite = await import("vite").catch(() => undefined);
if (vite === undefined) console.log("lacuna: the dashboard is not built, since vite is not installed");
else await vite.build({ configFile: new URL("vite.config.ts", import.meta.url).pathname, logLevel: "warn" });
