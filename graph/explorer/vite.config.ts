import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const api = process.env.TASKLOOM_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  // The server's folder for these files. Their names have hashes, so browsers keep them.
  base: "/explorer/",
  plugins: [react()],
  build: {
    target: "es2022",
    chunkSizeWarningLimit: 6000,
    assetsInlineLimit: 0,
    // Of the packages that the built files contain.
    license: { fileName: "licenses.md" },
    rolldownOptions: {
      // GraphiQL's modules are compiled already.
      onLog(level, log, handle) {
        if (log.code !== "MODULE_LEVEL_DIRECTIVE") handle(level, log);
      },
    },
  },
  worker: { format: "es" },
  server: {
    proxy: { "^/(graphql|schema.graphql|sign-in)$": { target: api, ws: true } },
  },
});
