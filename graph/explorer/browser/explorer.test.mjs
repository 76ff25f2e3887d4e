/** The explorer in a browser, from the printed link on. The tests depend on those before. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  api, assertAccessible, editorText, execute, keep, launch, openExample, openPage, openPanel, ready, until,
} from "./support.mjs";

const { TASKLOOM_URL, TASKLOOM_LINK, TASKLOOM_PASSWORD } = process.env;
const TASKS = `{ workspace(slug: "demo") { tasks { totalCount nodes { id } } } }`;
const EXAMPLES = ["Board", "Inbox", "Search", "Paging", "Dry run", "Create and undo"];
let browser, page;

before(async () => {
  browser = await launch();
  page = await openPage(browser);
});
after(() => browser?.close());

test("the printed link opens the page within two seconds, with a query that answers", async () => {
  const started = performance.now();
  await page.goto(TASKLOOM_LINK);
  await page.locator(".account .who").waitFor();
  const [paint] = await page.evaluate(() =>
    performance.getEntriesByName("first-contentful-paint").map(({ startTime }) => startTime),
  );
  console.log(`first paint ${Math.round(paint)} ms, signed in ${Math.round(performance.now() - started)} ms`);
  assert.equal(await page.locator(".account .who").innerText(), "demo");
  await ready(page);
  const { data, errors, extensions } = await execute(page);
  assert.equal(errors, undefined);
  assert.ok(data.workspace.tasks.totalCount > 0);
  assert.ok(extensions.cost.requested < 100);
  await keep(page, "first");
  await assertAccessible(page, ".brand");
});

test("every example runs as it is", async () => {
  for (const title of EXAMPLES) {
    await openExample(page, title);
    const { data, errors } = await execute(page);
    assert.equal(errors, undefined, `${title}: ${JSON.stringify(errors)}`);
    for (const value of Object.values(data)) assert.deepEqual(value?.errors ?? [], [], title);
  }
  await keep(page, "examples");
  await assertAccessible(page, ".panel");
});

test("changes of another client arrive live, over both transports", async () => {
  const { workspace } = await api(TASKS);
  const [task] = workspace.tasks.nodes;
  for (const transport of ["websocket", "sse"]) {
    await page.getByLabel("Subscriptions over").selectOption(transport);
    await openExample(page, "Live changes");
    await page.getByRole("button", { name: "Execute query" }).click();
    await page.getByRole("button", { name: "Stop query" }).waitFor();
    const title = `Renamed over ${transport}`;
    await until(async () => {
      await api(`mutation ($input: TaskUpdateInput!) { taskUpdate(input: $input) { errors { code } } }`, {
        input: { id: task.id, title: `${title} at ${Date.now()}` },
      });
      await page.locator(".graphiql-response").getByText(title).first().waitFor({ timeout: 1_000 });
    });
    await keep(page, `live-${transport}`);
    await page.getByRole("button", { name: "Stop query" }).click();
    await page.getByRole("button", { name: "Execute query" }).waitFor();
  }
});

test("the documentation describes the schema, and its search finds descriptions", async () => {
  await openPanel(page, "Documentation Explorer");
  const docs = page.locator(".graphiql-doc-explorer");
  await docs.getByText(/tasks in projects of workspaces/).first().waitFor();
  await keep(page, "documentation");
  await openPanel(page, "Search");
  await page.getByLabel("Search types, fields and descriptions").fill("null if the request is anonymous");
  await keep(page, "search");
  await assertAccessible(page, ".panel");
  await page.locator(".panel .examples").getByRole("button", { name: "Query.viewer" }).click();
  await docs.getByText("The authenticated user; null if the request is anonymous.").waitFor();
});

test("the trace shows each statement, what it costs, and how the database executes it", async () => {
  await openExample(page, "Board");
  await openPanel(page, "Trace");
  const { extensions } = await execute(page);
  const { statements } = extensions.trace;
  assert.ok(statements.length > 0);
  const trace = page.locator(".panel.trace");
  await trace.locator(`[data-statements="${statements.length}"]`).waitFor();
  assert.equal(await trace.locator(".timeline .statement").count(), statements.length);
  assert.match(await trace.locator(".totals").innerText(), /statements?, .* ms, cost \d+/);
  await trace.locator(".timeline .statement").first().click();
  const details = trace.getByRole("region", { name: "Statement 1" });
  await details.getByText(/Scan|Result|Aggregate|SEARCH/).first().waitFor();
  assert.ok(await trace.locator(".costs tbody tr").count());
  // The keyboard chooses statements too.
  await trace.locator(".timeline .statement").nth(1).focus();
  await page.keyboard.press("Enter");
  await trace.getByRole("region", { name: "Statement 2" }).waitFor();
  // Hovering a statement highlights what it loads; hovering a step of the plan highlights the statement.
  await trace.locator(".timeline .statement").last().hover();
  await trace.locator(".plan .step.lit").first().waitFor();
  // Hovering a step of the plan highlights it, and the field in the editor.
  await trace.locator(".plan .step").last().hover();
  await trace.locator(".plan .step.lit").first().waitFor();
  await trace.locator(".timeline .statement.lit").first().waitFor();
  await keep(page, "trace");
  await assertAccessible(page, ".panel");
});

test("hovering a field highlights what loads it", async () => {
  const line = page.locator(".graphiql-query-editor .view-line").filter({ hasText: "labels" });
  await line.getByText("labels").first().hover();
  await page.locator(".plan .step.lit").filter({ hasText: "labels" }).first().waitFor();
});

test("the reference executor runs side by side", async () => {
  await page.getByLabel("Executed by").selectOption("both");
  await execute(page);
  await page.getByRole("heading", { name: "Reference executor" }).waitFor();
  assert.equal(await page.locator(".panel.trace .totals").count(), 2);
  await keep(page, "both-executors");
  await page.getByLabel("Executed by").selectOption("engine");
});

test("in the sandbox nothing is saved", async () => {
  const count = async () => (await api(TASKS)).workspace.tasks.totalCount;
  const known = await count();
  await openExample(page, "Create and undo");
  await page.getByRole("switch", { name: "Sandbox" }).check();
  const { sent, data } = await execute(page);
  assert.match(sent.query, /taskCreate\([^)]*dryRun: true/);
  assert.equal(data.taskCreate.task.title, "Made in the explorer");
  assert.equal(await count(), known);
  const { node } = await api(`query ($id: ID!) { node(id: $id) { id } }`, { id: data.taskCreate.task.id });
  assert.equal(node, null);
  await keep(page, "sandbox");
  await page.getByRole("switch", { name: "Sandbox" }).uncheck();
});

test("an operation is shared as a link, and as code", async () => {
  await openExample(page, "Search");
  await page.getByRole("button", { name: "Copy a link to this operation" }).click();
  await page.getByRole("status").filter({ hasText: "Copied a link" }).waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.ok(new URL(link).hash.length > 50);
  const other = await page.context().newPage();
  const sent = [];
  other.on("request", (request) => sent.push(request.url() + (request.postData() ?? "")));
  await other.goto(link);
  await ready(other);
  await until(async () => assert.match(await editorText(other), /query Search/));
  assert.deepEqual(sent.filter((one) => one.includes("query Search")), []);
  assert.equal(await other.evaluate(() => window.location.hash), "");
  // A link that is pasted into an open explorer is opened too.
  await other.evaluate((hash) => { window.location.hash = hash; }, new URL(link).hash);
  await until(async () => assert.equal(await other.getByRole("button", { name: "Search", exact: true }).or(other.locator(".graphiql-tab-button", { hasText: "Search" })).count() >= 2, true));
  await other.close();
  for (const language of ["curl", "fetch", "Apollo", "urql", "Python"]) {
    await page.getByRole("button", { name: "Copy as code" }).click();
    await page.getByRole("menuitem", { name: new RegExp(language, "i") }).click();
    await until(async () =>
      assert.match(await page.evaluate(() => navigator.clipboard.readText()), /Search\(\$workspace/),
    );
  }
});

test("a personal token takes two clicks, and is shown once", async () => {
  await page.getByRole("button", { name: "New token" }).click();
  await page.getByRole("button", { name: "Create: may read", exact: true }).click();
  const token = await page.locator("[data-token]").innerText();
  await keep(page, "token");
  await assertAccessible(page, "dialog[open]");
  assert.equal((await api("{ viewer { handle } }", {}, token)).viewer.handle, "demo");
  await page.getByRole("button", { name: "Close", exact: true }).click();
  await page.getByRole("button", { name: "New token" }).click();
  assert.equal(await page.locator("[data-token]").count(), 0);
  await page.keyboard.press("Escape");
});

test("the diagram of the schema is searched and zoomed", async () => {
  await openPanel(page, "Schema diagram");
  await page.getByRole("button", { name: "Open the diagram" }).click();
  const diagram = page.getByRole("dialog", { name: "Diagram of the schema" });
  await until(async () => assert.doesNotMatch(await diagram.locator("svg > g").getAttribute("transform"), /scale\((0|1)\)/));
  await diagram.getByLabel("Search types and fields").fill("Milestone");
  assert.ok((await diagram.locator(".box.found").count()) > 0);
  await page.keyboard.press("Enter");
  await diagram.locator(".box.selected").waitFor();
  assert.equal(await diagram.locator(".box.selected .name").textContent(), "Milestone");
  await diagram.getByRole("button", { name: "Zoom in" }).click();
  const place = () => diagram.locator("svg > g").getAttribute("transform");
  const known = await place();
  const { x, y } = await diagram.locator(".box.selected").boundingBox();
  await page.mouse.move(x - 40, y - 40);
  await page.mouse.down();
  await page.mouse.move(x - 140, y - 90, { steps: 3 });
  await page.mouse.up();
  const moved = await place();
  assert.notEqual(moved, known);
  await page.mouse.wheel(0, -200);
  await until(async () => assert.notEqual(await place(), moved));
  await keep(page, "diagram");
  await diagram.getByRole("button", { name: "Fit" }).click();
  const unselected = diagram.locator(".box:not(.selected)").first();
  const name = await unselected.locator(".name").textContent();
  await unselected.click();
  assert.equal(await diagram.locator(".box.selected .name").textContent(), name);
  await keep(page, "diagram-fit");
  await assertAccessible(page, "dialog[open]");
  await diagram.getByRole("button", { name: "Close", exact: true }).click();
});

test("signing out and in", async () => {
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("Not signed in").waitFor();
  await ready(page);
  await keep(page, "signed-out");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByLabel("Handle or email").fill("demo");
  await page.getByLabel("Password").fill("wrong");
  await page.locator("dialog").getByRole("button", { name: "Sign in" }).click();
  await page.locator("dialog").getByRole("alert").waitFor();
  await keep(page, "sign-in");
  await assertAccessible(page, "dialog[open]");
  await page.getByLabel("Password").fill(TASKLOOM_PASSWORD);
  await page.locator("dialog").getByRole("button", { name: "Sign in" }).click();
  await page.locator(".account .who").waitFor();
  await ready(page);
});

test("dark mode and a narrow window are usable", async () => {
  const storage = await page.context().storageState();
  const dark = await openPage(browser, { colorScheme: "dark" });
  await dark.context().addCookies(storage.cookies);
  await dark.goto(`${TASKLOOM_URL}/graphql`);
  await dark.locator(".account .who").waitFor();
  await ready(dark);
  await openPanel(dark, "Trace");
  await execute(dark);
  await dark.locator(".timeline").waitFor();
  await keep(dark, "dark");
  await assertAccessible(dark, ".brand", ".panel");
  await dark.setViewportSize({ width: 420, height: 800 });
  await dark.waitForTimeout(200);
  await keep(dark, "narrow");
  const wide = await dark.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(wide <= 0, `${wide} pixels are out of view`);
  assert.ok(await dark.getByRole("button", { name: "Sign out" }).isVisible());
  assert.deepEqual(dark.problems, []);
});

test("no page had an error, or asked another host", () => {
  // The refused password is answered with 401, or in the payload.
  assert.deepEqual(page.problems.filter((one) => !one.includes("401")), []);
});
