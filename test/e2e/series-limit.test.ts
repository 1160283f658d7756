import { createServer, type Server } from "node:http";
import { afterEach, expect, test } from "vitest";
import { portOf } from "../../examples/docker-course/stub-dns.ts";
import { eventually, NARTHEX, startServer, type ServerProcess } from "../support/server-process.ts";

// A target that makes new series with each scrape, beside others that do not. Specification row REL-15.

const MIB = 2 ** 20;
const LIMIT_BYTES = 24 * MIB;
const NEW_SERIES = 10_000;
const GOOD_SERIES = 100;

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

/** A target whose body is made anew for each scrape. */
async function serve(body: (scrape: number) => string): Promise<string> {
  let scrapes = 0;
  const server: Server = createServer((_request, response) => {
    response.setHeader("content-type", "text/plain; version=0.0.4");
    response.end(body(scrapes++));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanUps.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${portOf(server)}`;
}

function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => `${line(index)}\n`).join("");
}

async function metric(server: ServerProcess, name: string): Promise<number> {
  const text = await (await fetch(`${server.base}/metrics`)).text();
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${name} `));
  expect(line, name).toBeDefined();
  return Number(line!.slice(name.length + 1));
}

async function values(server: ServerProcess, query: string): Promise<number[]> {
  const answer = await fetch(`${server.base}/api/v1/query?query=${encodeURIComponent(query)}`);
  const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
  return data.result.map(({ value }) => Number(value[1]));
}

test("a target that makes series without end is stopped at the limit, the others lose nothing", async () => {
  const bad = await serve((scrape) => lines(NEW_SERIES, (i) => `request_seconds{id="${scrape}-${i}"} ${i}`));
  const good = await Promise.all(
    [1, 2, 3, 4].map(() => serve((scrape) => lines(GOOD_SERIES, (i) => `scraped{index="${i}"} ${scrape}`))),
  );
  const jobs = { bad: [bad], good };
  const server = await startServer({
    command: NARTHEX,
    config: JSON.stringify({
      scrape_configs: Object.entries(jobs).map(([job_name, targets]) => ({
        job_name,
        scrape_interval: "500ms",
        static_configs: [{ targets }],
      })),
    }),
    flags: [`--storage.head.memory-limit=${LIMIT_BYTES}B`],
  });
  cleanUps.push(() => server.remove());
  await eventually(
    "refused series",
    async () =>
      (await metric(server, "narthex_storage_series_refused_total")) > 10 * NEW_SERIES ? true : undefined,
    60_000,
  );
  expect(await metric(server, "narthex_storage_head_pressure")).toBe(2);
  expect(await metric(server, "narthex_storage_head_limit_bytes")).toBe(LIMIT_BYTES);
  expect(await metric(server, "narthex_storage_head_bytes")).toBeLessThan(1.1 * LIMIT_BYTES);
  expect(await values(server, `min_over_time(up{job="good"}[5m])`)).toEqual([1, 1, 1, 1]);
  // The values count the scrapes, so that a missing sample would show.
  const gaps = await values(
    server,
    `max_over_time(scraped[5m]) - min_over_time(scraped[5m]) - count_over_time(scraped[5m])`,
  );
  expect(gaps).toEqual(Array.from({ length: 4 * GOOD_SERIES }, () => -1));
  expect(await values(server, `up{job="bad"}`)).toEqual([1]);
  expect(server.log()).toMatch(/head is at its limit.*new_series_by_source="scrape bad /);
}, 120_000);
