import { expect, test } from "vitest";
import { linkTo, readLink } from "./link";

const page = { origin: "http://host", pathname: "/graphql" };
const opened = (link: string) => readLink({ hash: new URL(link).hash, search: new URL(link).search });

test("a link has its operation in the fragment", async () => {
  const operation = { query: "query ($a: Int) { täsk(a: $a) }", variables: '{"a": 1}' };
  const link = await linkTo(operation, page);
  expect(link).toMatch(/^http:\/\/host\/graphql#operation=[\w-]+$/);
  expect(await opened(link)).toEqual(operation);
});

test("a link in the form of GraphQL over HTTP is opened too", async () => {
  expect(await opened("http://host/graphql?query=%7Ba%7D&variables=%7B%7D")).toEqual({ query: "{a}", variables: "{}" });
  expect(await opened("http://host/graphql")).toBeNull();
});

test("a damaged link says so", async () => {
  expect((await opened("http://host/graphql#operation=AAAA"))!.query).toContain("damaged");
});

test("a link with too much, or with something else, is damaged", async () => {
  const bomb = await linkTo({ query: "#".repeat(2_000_000) }, page);
  expect(bomb.length).toBeLessThan(10_000);
  expect((await opened(bomb))!.query).toContain("damaged");
  const other = await linkTo({ query: ["{a}"] as never }, page);
  expect((await opened(other))!.query).toContain("damaged");
});

test("long operations have links too", async () => {
  const query = Array.from({ length: 100_000 }, () => Math.random().toString(36).slice(2, 6)).join(" ");
  expect((await opened(await linkTo({ query }, page)))!.query).toBe(query);
});
