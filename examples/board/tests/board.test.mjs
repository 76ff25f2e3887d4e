import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { api, card, column, columns, countOf, dragToTop, drawer, holdBack, keysIn, launch, openPage, until } from "./support.mjs";

const { TASKLOOM_PASSWORD } = process.env;

let browser;
let page;
let isReusable = false;
before(async () => { browser = await launch(); });
after(() => browser?.close());
afterEach(async () => {
  assert.deepEqual(page.problems, []);
});

/** Open the board in a new page, which the next test may go on with. */
async function openBoard(path, options) {
  await page?.close();
  isReusable = !options;
  page = await openPage(browser, path, options);
  await page.locator("a.card").first().waitFor();
}

/** Go to a path of the board, in the page that the last test has left. A load takes a second. */
async function goTo(path) {
  if (!isReusable) return openBoard(path);
  // If this test fails, the next one gets a new page.
  isReusable = false;
  await page.unrouteAll();
  await page.evaluate((to) => {
    window.history.pushState(null, "", to);
    window.dispatchEvent(new PopStateEvent("popstate"));
  }, path);
  for (const button of (await page.getByRole("button", { name: "Dismiss" }).all()).reverse()) await button.click();
  page.operations.length = 0;
}

/** A test that leaves the page to the next one if it passes. */
function boardTest(name, run) {
  test(name, async () => {
    await run();
    isReusable = true;
  });
}

test("a password signs in, and signing out leads back to the form", async () => {
  page = await openPage(browser, "/", { token: null });
  const signIn = async (password) => {
    await page.getByLabel("Handle or email").fill("demo");
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
  };
  await signIn("not the password");
  await page.getByRole("alert").waitFor();
  assert.match(await page.getByRole("alert").textContent(), /password/i);
  await signIn(TASKLOOM_PASSWORD);
  await page.locator("a.card").first().waitFor();
  assert.equal(new URL(page.url()).pathname, "/demo");
  assert.deepEqual(page.operations, ["Home", "SignIn", "SignIn", "Board"]);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Password").waitFor();
});

test("a response with status 401 leads back to the form", async () => {
  await page.close();
  page = await openPage(browser, "/demo", { token: "tsk_unknown" });
  await page.getByLabel("Password").waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  assert.equal(new URL(page.url()).hash, "");
});

test("each view is one request", async () => {
  const expected = await columns();
  await openBoard();
  for (const { title, count, tasks } of expected) {
    assert.equal(await countOf(page, title), count);
    assert.deepEqual(await keysIn(page, title), tasks.nodes.map(({ key }) => key));
  }
  assert.deepEqual(page.operations, ["Board"]);

  page.operations.length = 0;
  const long = expected.find(({ count }) => count > 20);
  await column(page, long.title).getByRole("button", { name: "Load more" }).click();
  await until(async () => assert.equal((await keysIn(page, long.title)).length, Math.min(long.count, 40)));
  assert.deepEqual(page.operations, ["ColumnPage"]);

  page.operations.length = 0;
  const [first] = expected[0].tasks.nodes;
  await card(page, first.key).click();
  await drawer(page).getByRole("heading", { name: first.title }).waitFor();
  assert.deepEqual(page.operations, ["Task"]);
  assert.equal(new URL(page.url()).pathname, `/demo/${first.key}`);
});

boardTest("a dragged card moves at once, stays after a reload, and goes back by undo", async () => {
  const [, from, to] = await columns();
  const { key } = from.tasks.nodes[0];
  await goTo("/demo");
  page.operations.length = 0;
  const release = await holdBack(page, "MoveTask");
  await dragToTop(page, key, to.title);
  await until(async () => assert.equal((await keysIn(page, to.title))[0], key));
  assert.equal(await countOf(page, to.title), to.count + 1);
  assert.equal(await countOf(page, from.title), from.count - 1);
  release();
  const undo = page.getByRole("button", { name: "Undo" });
  await undo.waitFor();
  assert.deepEqual(page.operations, ["MoveTask"]);
  assert.equal((await columns())[2].tasks.nodes[0].key, key);

  await page.reload();
  await until(async () => assert.equal((await keysIn(page, to.title))[0], key));
  await dragToTop(page, key, from.title);
  await undo.click();
  await until(async () => assert.equal((await keysIn(page, to.title))[0], key));
  await until(async () => assert.equal((await columns())[2].tasks.nodes[0].key, key));
});

boardTest("a refused move goes back and says why", async () => {
  const [, from, to] = await columns();
  const { key } = from.tasks.nodes[0];
  await goTo("/demo");
  const error = { __typename: "UserError", code: "CONFLICT", message: "The neighbor is gone.", path: [], fields: [] };
  const payload = { __typename: "TaskPayload", errors: [error], sequence: null, task: null };
  const release = await holdBack(page, "MoveTask", { data: { taskMove: payload } });
  await dragToTop(page, key, to.title);
  await until(async () => assert.equal((await keysIn(page, to.title))[0], key));
  release();
  await page.locator(".toast.error", { hasText: "The neighbor is gone." }).waitFor();
  assert.equal((await keysIn(page, from.title))[0], key);
  assert.equal(await countOf(page, from.title), from.count);
});

boardTest("the keyboard opens, closes and moves cards", async () => {
  const [, , from, to] = await columns();
  const [first, second] = from.tasks.nodes;
  await goTo("/demo");
  await card(page, first.key).focus();
  await page.keyboard.press("ArrowDown");
  const focused = () => page.evaluate(() => document.activeElement.querySelector(".task-key")?.textContent);
  assert.equal(await focused(), second.key);

  await page.keyboard.press("Enter");
  await drawer(page).getByRole("heading", { name: second.title }).waitFor();
  await page.keyboard.press("Escape");
  await until(async () => assert.equal(await focused(), second.key));
  assert.equal(await drawer(page).count(), 0);

  await page.keyboard.press("Alt+ArrowUp");
  await until(async () => assert.equal((await keysIn(page, from.title))[0], second.key));
  await page.locator(".toast", { hasText: `Moved ${second.key} to ${from.title}` }).waitFor();
  await page.keyboard.press("Alt+ArrowRight");
  await until(async () => assert.equal((await keysIn(page, to.title))[0], second.key));
  assert.equal(await focused(), second.key);
  await until(async () => assert.equal((await columns())[3].tasks.nodes[0].key, second.key));
  await page.locator("[aria-live]", { hasText: `Moved ${second.key} to ${to.title}.` }).waitFor({ state: "attached" });

  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.id), "search");
});

boardTest("search and filters are in the URL, and the API applies them", async () => {
  await goTo("/demo");
  await page.getByLabel("Search tasks").fill("audit");
  await page.getByRole("button", { name: "Priority" }).click();
  await page.getByRole("button", { name: "High", exact: true }).click();
  await page.keyboard.press("Escape");
  const check = async (filter) => {
    const expected = (await columns(filter)).map(({ count }) => count);
    await until(async () => assert.deepEqual((await page.locator(".column-header .count").allTextContents()).map(Number), expected));
  };
  await check({ search: "audit", priority: { in: ["HIGH"] } });
  assert.equal(new URL(page.url()).search, "?q=audit&priority=HIGH");

  await page.getByRole("button", { name: "Clear", exact: true }).click();
  await page.getByRole("button", { name: "Assignee" }).click();
  await page.getByLabel("Search assignee").fill("hiro");
  await page.getByRole("button", { name: "Hiro Tanaka" }).click();
  await page.getByRole("button", { name: "Labels" }).click();
  await page.locator(".option", { hasText: "bug" }).click();
  await page.getByLabel("Project").selectOption("WEB");
  const filter = {
    assignees: { some: { handle: { eq: "hiro.demo" } } },
    labels: { some: { name: { eq: "bug" } } },
    project: { key: { eq: "WEB" } },
  };
  await check(filter);
  await page.reload();
  await check(filter);
});

boardTest("a comment appears at once and is counted on the card", async () => {
  const task = (await columns())[1].tasks.nodes.find(({ comments }) => comments.totalCount > 0);
  await goTo(`/demo/${task.key}`);
  const release = await holdBack(page, "AddComment");
  const text = `Seen on the board at ${new Date().toISOString()}`;
  await drawer(page).getByLabel("New comment").fill(text);
  await drawer(page).getByRole("button", { name: "Comment", exact: true }).click();
  await drawer(page).locator(".comment", { hasText: text }).waitFor();
  const count = task.comments.totalCount + 1;
  await card(page, task.key).locator(`[title^="${count} comment"]`).waitFor();
  release();
  await page.locator("[aria-live]", { hasText: "Comment added." }).waitFor({ state: "attached" });
  assert.equal(await drawer(page).locator(".comment", { hasText: text }).count(), 1);
  assert.equal((await columns())[1].tasks.nodes.find(({ id }) => id === task.id).comments.totalCount, count);
});

boardTest("an edit of a title that somebody else has changed shows both", async () => {
  const [, { tasks: { nodes: [task] } }] = await columns();
  await goTo(`/demo/${task.key}`);
  await drawer(page).getByRole("button", { name: "Edit the title" }).click();
  await drawer(page).getByLabel("Title", { exact: true }).fill("My title");
  await api("mutation ($input: TaskUpdateInput!) { taskUpdate(input: $input) { errors { code } } }", {
    input: { id: task.id, title: "Their title" },
  });
  await drawer(page).getByRole("button", { name: "Save" }).click();
  await drawer(page).getByRole("alert").getByText("Their title").waitFor();
  await drawer(page).getByRole("button", { name: "Overwrite" }).click();
  await drawer(page).getByRole("heading", { name: "My title" }).waitFor();
  await card(page, task.key).getByText("My title").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await drawer(page).getByRole("heading", { name: "Their title" }).waitFor();
});

boardTest("properties are changed in the drawer", async () => {
  const [, from, to] = await columns();
  const task = from.tasks.nodes[1];
  await goTo(`/demo/${task.key}`);
  await drawer(page).getByLabel("State").selectOption(to.title);
  await until(async () => assert.ok((await keysIn(page, to.title)).includes(task.key)));
  assert.equal(await countOf(page, from.title), from.count - 1);
  await drawer(page).getByLabel("Priority").selectOption("URGENT");
  await card(page, task.key).getByTitle("Urgent priority").waitFor();
});

boardTest("a new task is at the top of its column", async () => {
  const filter = { project: { key: { eq: "OPS" } } };
  const [, { title, count }] = await columns(filter);
  await goTo("/demo?project=OPS");
  page.operations.length = 0;
  await page.getByRole("button", { name: `New task in ${title}` }).click();
  const text = `Try the board at ${new Date().toISOString()}`;
  await page.getByLabel("Title").fill(text);
  await page.keyboard.press("Enter");
  await column(page, title).locator("a.card", { hasText: text }).waitFor();
  assert.deepEqual(page.operations, ["CreateTask"]);
  const [, after] = await columns(filter);
  assert.equal(after.count, count + 1);
  assert.equal(after.tasks.nodes[0].title, text);
  assert.match(after.tasks.nodes[0].key, /^OPS-/);
});

boardTest("changes by others appear as they are committed, without a request", async () => {
  const [, from, to] = await columns();
  const [task] = from.tasks.nodes;
  await goTo("/demo");
  await card(page, task.key).waitFor();
  page.operations.length = 0;
  const title = `Renamed by others at ${new Date().toISOString()}`;
  await api(`mutation ($input: TaskUpdateInput!) { taskUpdate(input: $input) { errors { code } } }`, {
    input: { id: task.id, title },
  });
  await card(page, task.key).getByText(title).waitFor();
  const states = (await api(`{ workspace(slug: "demo") { states { id name } } }`)).workspace.states;
  const stateId = states.find(({ name }) => name === to.title).id;
  await api(`mutation ($input: TaskMoveInput!) { taskMove(input: $input) { errors { code } } }`, {
    input: { id: task.id, stateId, afterId: null, beforeId: to.tasks.nodes[0].id },
  });
  await until(async () => assert.equal((await keysIn(page, to.title))[0], task.key));
  assert.equal(await countOf(page, to.title), to.count + 1);
  assert.equal(await countOf(page, from.title), from.count - 1);
  const { workspace } = await api(`{ workspace(slug: "demo") { project(key: "OPS") { id } } }`);
  const created = await api(
    `mutation ($input: TaskCreateInput!) { taskCreate(input: $input) { task { key } } }`,
    { input: { projectId: workspace.project.id, stateId, title: "Created by others" } },
  );
  await until(async () => assert.equal(await countOf(page, to.title), to.count + 2));
  const { key } = created.taskCreate.task;
  assert.ok((await columns())[2].tasks.nodes.every((node) => node.key !== key) || (await keysIn(page, to.title)).includes(key));
  assert.deepEqual(page.operations, []);
});

boardTest("with filters, changes by others load the board again", async () => {
  const filter = { project: { key: { eq: "OPS" } } };
  const [, { title, count }] = await columns(filter);
  await goTo("/demo?project=OPS");
  await until(async () => assert.equal(await countOf(page, title), count));
  page.operations.length = 0;
  const { workspace } = await api(`{ workspace(slug: "demo") { project(key: "OPS") { id } states { id name } } }`);
  const stateId = workspace.states.find(({ name }) => name === title).id;
  await api(`mutation ($input: TaskCreateInput!) { taskCreate(input: $input) { errors { code } } }`, {
    input: { projectId: workspace.project.id, stateId, title: "Created by others too" },
  });
  await until(async () => assert.equal(await countOf(page, title), count + 1));
  assert.deepEqual(page.operations, ["Board"]);
});

test("a token that may only read shows no controls for writes", async () => {
  await openBoard("/demo", { token: process.env.TASKLOOM_READ_TOKEN });
  assert.equal(await page.getByRole("button", { name: /^New task/ }).count(), 0);
  await page.locator("a.card").first().click();
  await drawer(page).getByRole("heading", { level: 1 }).waitFor();
  assert.equal(await drawer(page).getByRole("button", { name: /^Edit/ }).count(), 0);
  assert.equal(await drawer(page).getByLabel("New comment").count(), 0);
  assert.ok(await drawer(page).getByLabel("State").isDisabled());
});

test("a narrow window scrolls the columns, and the drawer fills it", async () => {
  const [, { tasks: { nodes: [task] } }] = await columns();
  await openBoard("/demo", { viewport: { width: 400, height: 800 }, hasTouch: true });
  const overflows = () => page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  assert.equal(await overflows(), false);
  await card(page, task.key).scrollIntoViewIfNeeded();
  await card(page, task.key).tap();
  await drawer(page).getByRole("heading", { level: 1 }).waitFor();
  assert.deepEqual(await drawer(page).boundingBox(), { x: 0, y: 0, width: 400, height: 800 });
  assert.equal(await overflows(), false);
  await drawer(page).getByRole("button", { name: "Close" }).tap();
  await until(async () => assert.equal(await drawer(page).count(), 0));
});
