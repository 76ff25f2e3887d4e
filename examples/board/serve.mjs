/** Start a Taskloom server with demo data and the built board. Ctrl-C ends both. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const here = fileURLToPath(new URL(".", import.meta.url));
const { TASKLOOM = `${root}.venv/bin/taskloom`, API_PORT = "8000", PORT = "5173" } = process.env;

if (!existsSync(`${here}dist/index.html`)) {
  console.error("The board is not built yet. Run: npm run build");
  process.exit(1);
}

const api = `http://127.0.0.1:${API_PORT}`;
const children = [
  spawn(TASKLOOM, ["serve", "--demo", "--port", API_PORT], { cwd: root, stdio: ["ignore", "ignore", "inherit"] }),
];
let isEnding = false;

function end(code) {
  if (isEnding) return;
  isEnding = true;
  process.exitCode = code;
  for (const child of children) child.kill("SIGTERM");
}
process.on("SIGINT", () => end(0));
process.on("SIGTERM", () => end(0));
children[0].on("exit", (code) => end(code ?? 1));
children[0].on("error", ({ message }) => { console.error(message); end(1); });

for (;;) {
  const isReady = await fetch(`${api}/health/ready`).then(({ ok }) => ok, () => false);
  if (isReady || isEnding) break;
  await new Promise((resolve) => setTimeout(resolve, 100));
}
if (!isEnding) {
  const vite = spawn(process.execPath, [`${here}node_modules/vite/bin/vite.js`, "preview", "--logLevel", "error"], {
    cwd: here,
    env: { ...process.env, TASKLOOM_URL: api, PORT },
    stdio: ["ignore", "ignore", "inherit"],
  });
  children.push(vite);
  vite.on("exit", (code) => end(code ?? 1));
  const token = execFileSync(TASKLOOM, ["token", "create", "--user", "demo", "--name", "board example"], { cwd: root, encoding: "utf8" });
  console.log(`\n  The board:   http://127.0.0.1:${PORT}/#token=${token.trim()}\n  The API:     ${api}/graphql\n\n  Press Ctrl-C to stop.`);
}
