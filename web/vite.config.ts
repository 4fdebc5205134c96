import { defineConfig } from "vite";

/** `npm run build` writes `dist/`, which the API serves; `npx vite web` serves the sources with instant reload beside a running collector. */
export default defineConfig({
  root: import.meta.dirname,
  // relative, so that the page also works behind a proxy that puts it below a path
  base: "./",
  build: { outDir: "dist", emptyOutDir: true, target: "es2022", assetsInlineLimit: 0, modulePreload: false },
  server: { proxy: { "/api": "http://127.0.0.1:8047" } },
});
