import { readdirSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { portOf } from "../../examples/docker-course/stub-dns.ts";
import { crashFolder } from "../crash/store-campaign.ts";
import { startServer, type ServerProcess } from "../support/server-process.ts";
import { fastTime } from "../crash/fast-time.ts";

// A server at work for a while: scrapes every second, blocks that are cut, merged and let go of all the time, and
// queries over everything meanwhile. Specification row REL-10.

const FAST_SERVER = join(import.meta.dirname, "../crash/fast-server.ts");
const TARGETS = 2;
const LOOK_MS = 500;

export interface SoakOptions {
  readonly seconds: number; // Of the machine's time.
  /** How many times as fast the server's clock runs; scrapes are as many times rarer by it. */
  readonly speed: number;
  readonly seriesPerTarget: number;
}

export interface SoakFigures {
  readonly scrapes: number;
  readonly queries: number;
  readonly failedQueries: readonly string[];
  readonly walBytesMax: number;
  readonly folderBytesMax: number; // Over the second half, when retention is at work.
  readonly folderBytesMid: number; // At half of the time.
  readonly blocksDropped: boolean; // Whether the oldest samples are gone.
  readonly compactions: number;
  readonly lateMsP99: number; // How long after its time a scrape came, by the machine's clock.
  readonly exitCode: number | NodeJS.Signals;
}

export async function soak(options: SoakOptions): Promise<SoakFigures> {
  const { speed, seriesPerTarget } = options;
  const origin = Date.now();
  const arrivals = new Map<string, number[]>(); // By path, ms.
  const exporter = createServer((request, response) => {
    const path = request.url ?? "";
    const times = arrivals.get(path) ?? [];
    arrivals.set(path, [...times, performance.now()]);
    response.setHeader("content-type", "text/plain; version=0.0.4");
    response.end(bodyOf(times.length, seriesPerTarget));
  });
  await new Promise<void>((resolve) => exporter.listen(0, "127.0.0.1", resolve));
  const folder = crashFolder();
  const flags = [
    "--storage.tsdb.min-block-duration=1m",
    "--storage.tsdb.max-block-duration=3m",
    "--storage.tsdb.retention.time=5m",
  ];
  const server = await startServer({
    command: [process.execPath, FAST_SERVER, String(speed), String(origin)],
    config: configFor(portOf(exporter), speed),
    flags,
    folder,
  });
  try {
    const seen = await watch(server, { ...options, now: fastTime(speed, origin) });
    const compactions = await metric(server, "prometheus_tsdb_compactions_total");
    const exitCode = await server.stop("SIGTERM");
    const gaps = Array.from(arrivals.values(), gapsOf).flat();
    const lateMs = gaps.map((gap) => gap - 1000).toSorted((a, b) => a - b);
    return {
      ...seen,
      scrapes: gaps.length,
      compactions,
      lateMsP99: lateMs[Math.floor(lateMs.length * 0.99)] ?? 0,
      exitCode,
    };
  } finally {
    await server.remove();
    exporter.closeAllConnections();
    await new Promise((resolve) => exporter.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  }
}

function configFor(port: number, speed: number): string {
  const targets = Array.from({ length: TARGETS }, (_, i) => ({
    job_name: `target${i}`,
    metrics_path: `/${i}`,
    scrape_interval: `${speed}s`,
    scrape_timeout: `${speed}s`,
    static_configs: [{ targets: [`127.0.0.1:${port}`] }],
  }));
  return JSON.stringify({ scrape_configs: targets });
}

function bodyOf(scrape: number, series: number): string {
  return Array.from(
    { length: series },
    (_, i) => `soak{index="${i}"} ${i % 3 === 0 ? i : scrape * i + (i % 7) / 10}\n`,
  ).join("");
}

function gapsOf(times: readonly number[]): number[] {
  return times.slice(1).map((time, i) => time - times[i]!);
}

/** Asks and measures until the time is over. */
async function watch(
  server: ServerProcess,
  options: SoakOptions & { readonly now: () => number },
): Promise<Omit<SoakFigures, "scrapes" | "compactions" | "lateMsP99" | "exitCode">> {
  const until = Date.now() + options.seconds * 1000;
  const half = Date.now() + options.seconds * 500;
  const startedAt = options.now();
  const failedQueries: string[] = [];
  let queries = 0;
  let walBytesMax = 0;
  let folderBytesMid = 0;
  let folderBytesMax = 0;
  while (Date.now() < until) {
    const sizes = sizesBelow(join(server.folder, "data"));
    const total = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
    walBytesMax = Math.max(walBytesMax, sizes.get("head.db-wal") ?? 0);
    if (Date.now() >= half) {
      folderBytesMid ||= total;
      folderBytesMax = Math.max(folderBytesMax, total);
    }
    const failure = await longQuery(server, startedAt, options.now());
    queries++;
    if (failure !== undefined) failedQueries.push(failure);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  const first = await query(server, 'count_over_time(soak{index="1"}[1m])', startedAt / 1000 + 60);
  const blocksDropped = first.includes('"result":[]');
  return { queries, failedQueries, walBytesMax, folderBytesMid, folderBytesMax, blocksDropped };
}

// Over all there is, at steps that read each sample several times. Undefined when all is well.
async function longQuery(server: ServerProcess, from: number, to: number): Promise<string | undefined> {
  const parameters = new URLSearchParams({
    query: "sum(rate(soak[2m])) + count(max_over_time(soak[3m]))",
    start: String(from / 1000),
    end: String(to / 1000),
    step: String(Math.max(1, (to - from) / 1000 / 500)),
  });
  const response = await fetch(`${server.base}/api/v1/query_range?${parameters.toString()}`);
  const text = await response.text();
  return response.status === 200 && !text.includes('"warnings"') ? undefined : text.slice(0, 300);
}

async function query(server: ServerProcess, expression: string, time: number): Promise<string> {
  const parameters = new URLSearchParams({ query: expression, time: String(time) });
  return (await fetch(`${server.base}/api/v1/query?${parameters.toString()}`)).text();
}

async function metric(server: ServerProcess, name: string): Promise<number> {
  const text = await (await fetch(`${server.base}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
}

function sizesBelow(folder: string): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const status = statSync(join(folder, name), { throwIfNoEntry: false }); // It may go meanwhile.
    if (status?.isFile() === true) sizes.set(name, status.size);
  }
  return sizes;
}
