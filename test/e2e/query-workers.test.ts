import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, NARTHEX, startServer, type ServerProcess } from "../support/server-process.ts";

// A query that would run for minutes, on the one worker there is. Specification rows REL-18 and REL-20.

const ENDLESS = Array.from(
  { length: 50 },
  (_, i) => `max_over_time(count(rate({__name__=~".+"}[1h] offset ${i}s))[100d:15s])`,
).join(" + ");
// Longer than a query may run on the main thread.
const LONG = 'count(rate({__name__=~".+"}[1h]))';

let server: ServerProcess;
beforeAll(async () => {
  server = await startServer({
    command: NARTHEX,
    // Nobody answers there; the series about the scrape are enough.
    config: JSON.stringify({
      global: { scrape_interval: "1s" },
      scrape_configs: [{ job_name: "none", static_configs: [{ targets: ["127.0.0.1:9"] }] }],
    }),
    flags: ["--query.workers=1"],
  });
  await eventually("a scrape", async () => ((await pointsOf("up")) > 0 ? true : undefined));
});
afterAll(() => server.remove());

function ask(query: string, parameters: Readonly<Record<string, string>> = {}, signal?: AbortSignal) {
  const body = new URLSearchParams({ query, ...parameters });
  return fetch(`${server.base}/api/v1/query`, { method: "POST", body, ...(signal && { signal }) });
}

function askRange(query: string): Promise<Response> {
  const end = Math.floor(Date.now() / 1000);
  const parameters = new URLSearchParams({ query, start: String(end - 3000), end: String(end), step: "1" });
  return fetch(`${server.base}/api/v1/query_range?${parameters.toString()}`);
}

async function pointsOf(query: string): Promise<number> {
  const { data } = (await (await ask(query)).json()) as { data: { result: unknown[] } };
  return data.result.length;
}

async function running(): Promise<number> {
  const text = await (await fetch(`${server.base}/metrics`)).text();
  return Number(/^prometheus_engine_queries (\d+)$/m.exec(text)![1]);
}

test("others are answered meanwhile, and the worker is free when the client has gone", async () => {
  const client = new AbortController();
  let isAnswered = false;
  const endless = ask(ENDLESS, {}, client.signal).then(
    () => (isAnswered = true),
    () => undefined,
  );
  await eventually("the query to run", async () => ((await running()) > 0 ? true : undefined));
  expect(await pointsOf("up")).toBe(1);
  expect((await fetch(`${server.base}/-/healthy`)).status).toBe(200);
  expect(isAnswered).toBe(false);
  client.abort();
  await endless;
  expect((await askRange(LONG)).status).toBe(200);
  expect(await running()).toBe(0);
});

test("a time limit ends it", async () => {
  const answer = await ask(ENDLESS, { timeout: "200ms" });
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({
    errorType: "timeout",
    error: "query timed out in expression evaluation",
  });
  expect((await askRange(LONG)).status).toBe(200);
});

test("the server ends while it runs, and does not take it for one that did not finish", async () => {
  const endless = ask(ENDLESS).catch(() => undefined);
  await eventually("the query to run", async () => ((await running()) > 0 ? true : undefined));
  expect(await server.stop()).toBe(0);
  await endless;
  const { folder } = server;
  server = await startServer({ command: NARTHEX, config: "", folder });
  expect(server.log()).not.toContain("didn't finish");
});
