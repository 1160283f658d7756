import { createServer, type IncomingMessage, type Server } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PLAIN_HTTP_CLIENT } from "../../../src/config/index.ts";
import { portOf } from "../../../examples/docker-course/stub-dns.ts";
import { runDiscovery, type Running } from "./running.ts";

let server: Server;
let running: Running;
let url = "";
let answer = { status: 200, type: "application/json", body: "[]" };
let asked: IncomingMessage["headers"] = {};

beforeEach(async () => {
  server = createServer((request, response) => {
    asked = request.headers;
    response.writeHead(answer.status, { "content-type": answer.type });
    response.end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${portOf(server)}/targets`;
});
afterEach(async () => {
  await running.stop();
  server.closeAllConnections();
  server.close();
});

async function start(body: string, more: Partial<typeof answer> = {}): Promise<void> {
  answer = { status: 200, type: "application/json", body, ...more };
  running = runDiscovery({ http: [{ url, refreshIntervalMs: 90_500, httpClient: PLAIN_HTTP_CLIENT }] });
  await running.updates(1);
}

async function next(more: Partial<typeof answer>): Promise<void> {
  answer = { ...answer, ...more };
  const before = running.counters.httpFailures;
  while (running.clock.pending === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await running.clock.advance(90_500);
  await running.updates(2);
  expect(running.counters.httpFailures - before).toBeLessThanOrEqual(1);
}

test("asks as Prometheus does and takes the groups", async () => {
  await start('[{"targets": ["a:1"], "labels": {"env": "x"}}, {"targets": ["b:1"]}]');
  expect(asked).toMatchObject({
    accept: "application/json",
    "user-agent": "test-agent",
    "x-prometheus-refresh-interval-seconds": "90.5",
  });
  expect(running.groups()).toEqual({
    0: [{ __address__: "a:1", __meta_url: url, env: "x" }],
    1: [{ __address__: "b:1", __meta_url: url }],
  });
  await next({ body: '[{"targets": ["c:1"]}]' });
  expect(running.groups()).toEqual({ 0: [{ __address__: "c:1", __meta_url: url }] });
});

test("an empty list removes all", async () => {
  await start('[{"targets": ["a:1"]}]');
  await next({ body: "[]", type: 'Application/JSON; charset="UTF-8"' });
  expect(running.groups()).toEqual({});
  expect(running.counters.httpFailures).toBe(0);
});

test.each([
  { status: 201 },
  { status: 500 },
  { type: "text/json" },
  { type: "application/json; foo=1" },
  { body: '[{"targets": [], "x": 1}]' },
  { body: "[null]" },
  { body: "oops" },
])("%j keeps the last targets and counts", async (failure) => {
  await start('[{"targets": ["a:1"]}]');
  await next(failure);
  expect(Object.keys(running.groups())).toEqual(["0"]);
  expect(running.counters.httpFailures).toBe(1);
  expect(running.counters.refreshFailures.get("http")).toBe(1);
});
