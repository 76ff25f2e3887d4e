/** What the tests share: a browser that reaches only the server, and requests to the API itself. */
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const { TASKLOOM_URL, TASKLOOM_TOKEN, CHROMIUM = "/usr/bin/chromium" } = process.env;
const SCREENSHOTS = new URL("../screenshots/", import.meta.url);
const PATIENCE = 10_000;

export function launch() {
  return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
}

/** Open a page. `problems` lists its errors, and requests to other hosts, which fail. */
export async function openPage(browser, { viewport = { width: 1440, height: 900 }, colorScheme = "light" } = {}) {
  const context = await browser.newContext({
    viewport,
    colorScheme,
    reducedMotion: "reduce",
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.problems = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) page.problems.push(`${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => page.problems.push(error.message));
  await context.route(
    (url) => url.origin !== TASKLOOM_URL && !["data:", "blob:"].includes(url.protocol),
    (route) => {
      page.problems.push(`request to another host: ${route.request().url()}`);
      return route.abort();
    },
  );
  return page;
}

/** Wait until the editors can be used. */
export async function ready(page) {
  await page.getByRole("button", { name: /Execute/ }).waitFor();
  await page.locator(".graphiql-query-editor .view-lines").waitFor();
}

/** Ask the API, without the explorer. */
export async function api(query, variables = {}, token = TASKLOOM_TOKEN) {
  const response = await fetch(`${TASKLOOM_URL}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined);
  return data;
}

/** Run the operation of the page; return what the server answered. */
export async function execute(page) {
  const [response] = await Promise.all([
    page.waitForResponse((one) => one.url() === `${TASKLOOM_URL}/graphql` && one.request().method() === "POST"),
    page.getByRole("button", { name: "Execute query" }).click(),
  ]);
  return { ...(await response.json()), sent: response.request().postDataJSON() };
}

/** Open one of the panels at the left. */
export async function openPanel(page, name) {
  const button = page.getByRole("button", { name: `Show ${name}` });
  if (await button.count()) await button.click();
}

/** Open an example in its tab. */
export async function openExample(page, title) {
  await openPanel(page, "Examples");
  await page.locator(".examples").getByRole("button", { name: title }).click();
  // Its operation has the same name, without spaces.
  const name = { "Live changes": "Live", Paging: "Page" }[title] ?? title.replaceAll(" ", "");
  await until(async () => assert.match(await editorText(page), new RegExp(`^\\w+ ${name}\\b`, "i")));
}

/** The text of the query editor, as far as it is in view. */
export async function editorText(page) {
  const lines = await page.locator(".graphiql-query-editor .view-line").allInnerTexts();
  return lines.join("\n").replaceAll("\u00a0", " ");
}

/** Call `check` until it throws no more. */
export async function until(check) {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

/** Keep a picture of a page. */
export async function keep(page, name) {
  await mkdir(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: new URL(`${name}.png`, SCREENSHOTS).pathname });
}

const AXE = createRequire(import.meta.url).resolve("axe-core");

/** Assert that axe finds nothing serious in the parts of a page that are not GraphiQL's own. */
export async function assertAccessible(page, ...selectors) {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(await readFile(AXE, "utf8"));
  const violations = await page.evaluate(async (include) => {
    const found = await window.axe.run({ include: include.map((one) => [one]) });
    return found.violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 150)).join(" | ")}`);
  }, selectors);
  assert.deepEqual(violations, []);
}
