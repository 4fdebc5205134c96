import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Not needed by any test, and each of them talks to somebody. */
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const found = [process.env.CHROMIUM ?? "", ...PLACES].find((path) => existsSync(path));

/**
 * Whether this machine has a Chromium. Without one the browser tests are left out and say so; in CI that is an error.
 */
export const hasChromium = (): boolean => {
  if (found !== undefined) return true;
  if (process.env.CI === "true") throw new Error(`no Chromium at ${PLACES.join(", ")}`);
  console.log(
    "browser tests left out: no Chromium on this machine (apt-get install chromium, or CHROMIUM=path)",
  );
  return false;
};

/** @param settings - more arguments */
export const launchChromium = (settings: readonly string[] = []): Promise<Browser> =>
  chromium.launch({ executablePath: found!, args: [...QUIET, ...settings] });
