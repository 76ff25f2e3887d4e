import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The board and the API share an origin through this proxy, so the session cookie works without CORS.
const server = {
  host: process.env.HOST ?? "127.0.0.1",
  port: Number(process.env.PORT ?? 5173),
  strictPort: true,
  proxy: { "^/graphql$": { target: process.env.TASKLOOM_URL ?? "http://127.0.0.1:8000", ws: true } },
};

export default defineConfig({ plugins: [react()], server, preview: server });
