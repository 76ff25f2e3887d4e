/** What the tests share: a browser, pages that are signed in, and requests to the API itself. */
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

export const BOARD = process.env.BOARD_URL ?? "http://127.0.0.1:5173";
const { TASKLOOM_URL = "http://127.0.0.1:8000", TASKLOOM_TOKEN, CHROMIUM = "/usr/bin/chromium" } = process.env;
const PATIENCE = 10_000;

export function launch() {
  return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
}

/** Ask the API, without the board. */
export async function api(query, variables = {}) {
  const response = await fetch(`${TASKLOOM_URL}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${TASKLOOM_TOKEN}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined);
  return data;
}

/** The columns with their first tasks, as the API has them. */
export async function columns(filter = {}) {
  const { workspace } = await api(
    `query ($filter: TaskFilter) { workspace(slug: "demo") { taskGroups(by: STATE, filter: $filter) {
       title count tasks(first: 20) { nodes { id key title version comments { totalCount } } }
     } } }`,
    { filter },
  );
  return workspace.taskGroups;
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

let context;

/** Open a page. `operations` lists the GraphQL requests that it sends, `problems` its errors. */
export async function openPage(browser, path = "/demo", { token = TASKLOOM_TOKEN, viewport, hasTouch } = {}) {
  // Tokens are kept for each page, so pages can share a context, and its cache. Cookies would be shared too.
  const own = hasTouch || !token;
  context ??= await browser.newContext();
  const page = await (own ? browser.newPage({ hasTouch }) : context.newPage());
  await page.setViewportSize(viewport ?? { width: 1440, height: 900 });
  page.setDefaultTimeout(PATIENCE);
  page.operations = [];
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(error.message));
  page.on("request", (request) => {
    if (request.url().endsWith("/graphql")) page.operations.push(request.postDataJSON().operationName);
  });
  await page.goto(`${BOARD}${path}${token ? `#token=${token}` : ""}`);
  return page;
}

export const column = (page, title) => page.locator(`section.column[aria-label="${title}"]`);
export const card = (page, key) => page.locator("a.card", { has: page.locator(`.task-key:text-is("${key}")`) });
export const drawer = (page) => page.getByRole("dialog");

export async function keysIn(page, title) {
  return column(page, title).locator(".task-key").allTextContents();
}

export async function countOf(page, title) {
  return Number(await column(page, title).locator(".column-header .count").textContent());
}

/** Hold the responses of an operation back until the returned function is called. */
export async function holdBack(page, operation, fulfill = {}) {
  const { promise, resolve } = deferred();
  await page.route("**/graphql", async (route) => {
    if (route.request().postDataJSON().operationName !== operation) return route.fallback();
    await promise;
    return fulfill.data ? route.fulfill({ json: fulfill }) : route.fallback();
  });
  return resolve;
}

function deferred() {
  let resolve;
  const promise = new Promise((done) => { resolve = done; });
  return { promise, resolve };
}

/** Drag a card with the mouse to the top of a column. */
export async function dragToTop(page, key, title) {
  // An earlier test may have scrolled the column.
  await card(page, key).scrollIntoViewIfNeeded();
  const from = await card(page, key).boundingBox();
  const to = await column(page, title).locator("[data-cards]").boundingBox();
  await page.mouse.move(from.x + 60, from.y + 20);
  await page.mouse.down();
  await page.mouse.move(from.x + 80, from.y + 30, { steps: 2 });
  await page.mouse.move(to.x + to.width / 2, to.y + 6, { steps: 6 });
  await column(page, title).locator(".drop-before, .drop-line").waitFor();
  await page.mouse.up();
}
