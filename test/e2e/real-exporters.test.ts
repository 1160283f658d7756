import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { afterAll, describe, expect, test } from "vitest";
import { portOf } from "../../examples/docker-course/stub-dns.ts";
import { getData, labelsKey, type ApiSeries } from "../support/api-client.ts";
import {
  eventually,
  NARTHEX,
  pause,
  peerBinary,
  scratchFolder,
  startServer,
} from "../support/server-process.ts";

// Bodies of real exporters are captured first and then played to the real Prometheus and to Narthex, the n-th scrape
// of either getting the n-th body, so that both must store the same values in the same order. For some minutes of it:
// REPLAY_BODIES=120 REPLAY_CAPTURE_MS=1500.

const BODIES = Number(process.env["REPLAY_BODIES"] ?? 8);
const CAPTURE_EVERY_MS = Number(process.env["REPLAY_CAPTURE_MS"] ?? 300);
const PEERS = {
  "node-exporter": {
    binary: "prometheus-node-exporter",
    flags: (port: number) => [`--web.listen-address=127.0.0.1:${port}`],
  },
  pushgateway: {
    binary: "prometheus-pushgateway",
    flags: (port: number) => [`--web.listen-address=127.0.0.1:${port}`],
  },
  alertmanager: {
    binary: "prometheus-alertmanager",
    flags: (port: number, folder: string) => [
      `--web.listen-address=127.0.0.1:${port}`,
      "--cluster.listen-address=",
      `--storage.path=${folder}`,
      `--config.file=${folder}/alertmanager.yml`,
    ],
  },
  prometheus: {
    binary: "prometheus",
    flags: (port: number, folder: string) => [
      `--web.listen-address=127.0.0.1:${port}`,
      `--storage.tsdb.path=${folder}/data`,
      `--config.file=${folder}/prometheus.yml`,
    ],
  },
  "victoria-metrics": {
    binary: "victoria-metrics",
    flags: (port: number, folder: string) => [
      `-httpListenAddr=127.0.0.1:${port}`,
      `-storageDataPath=${folder}/data`,
    ],
  },
} as const;

// Debian's Alertmanager reads its templates from a fixed place.
const ALERTMANAGER_TEMPLATE = "/usr/share/prometheus/alertmanager/default.tmpl";
const JOBS = (Object.keys(PEERS) as (keyof typeof PEERS)[]).filter(
  (job) => job !== "alertmanager" || existsSync(ALERTMANAGER_TEMPLATE),
);
if (!JOBS.includes("alertmanager")) console.warn(`SKIPPED: alertmanager (no ${ALERTMANAGER_TEMPLATE})`);

const missing = Object.values(PEERS).filter(({ binary }) => peerBinary(binary) === undefined);
if (missing.length > 0)
  console.warn(`SKIPPED: no reference servers (${missing.map(({ binary }) => binary).join(", ")})`);

const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
});

interface Capture {
  readonly job: string;
  readonly contentType: string;
  readonly bodies: Buffer[];
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts an exporter and keeps what its metrics page says, again and again. */
async function capture(job: keyof typeof PEERS): Promise<Capture> {
  const folder = scratchFolder();
  writeFileSync(`${folder}/alertmanager.yml`, "route: {receiver: none}\nreceivers: [{name: none}]\n");
  writeFileSync(`${folder}/prometheus.yml`, "");
  const port = await freePort();
  const { binary, flags } = PEERS[job];
  const child = spawn(peerBinary(binary)!, flags(port, folder), { stdio: "ignore" });
  children.push(child);
  const url = `http://127.0.0.1:${port}/metrics`;
  const request = { headers: { accept: "text/plain;version=0.0.4" } };
  await eventually(`${job} to listen`, () =>
    fetch(url, request).then(
      (r) => r.ok || undefined,
      () => undefined,
    ),
  );
  const found: Capture = { job, contentType: "text/plain; version=0.0.4; charset=utf-8", bodies: [] };
  while (found.bodies.length < BODIES) {
    found.bodies.push(Buffer.from(await (await fetch(url, request)).arrayBuffer()));
    await pause(CAPTURE_EVERY_MS);
  }
  child.kill("SIGKILL");
  return found;
}

/** Serves the captures under /<scraper>/<job>; after the last body it repeats that one. */
async function replay(captures: readonly Capture[]) {
  const served = new Map<string, number>();
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    const found = captures.find(({ job }) => path.endsWith(`/${job}`));
    if (found === undefined) {
      response.writeHead(404).end();
      return;
    }
    const count = served.get(path) ?? 0;
    served.set(path, count + 1);
    response.setHeader("content-type", found.contentType);
    response.end(found.bodies[Math.min(count, BODIES - 1)]);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: portOf(server), served, close: () => new Promise((resolve) => server.close(resolve)) };
}

const configFor = (scraper: string, port: number, captures: readonly Capture[]): string =>
  JSON.stringify({
    global: { scrape_interval: "1s", scrape_protocols: ["PrometheusText0.0.4"] },
    scrape_configs: captures.map(({ job }) => ({
      job_name: job,
      metrics_path: `/${scraper}/${job}`,
      static_configs: [{ targets: [`127.0.0.1:${port}`] }],
    })),
  });

// Not the exporters' samples but measurements of the scraping server itself.
const OWN = new Set(["scrape_duration_seconds"]);

/** Values of each series over the first BODIES scrapes, by label set. */
async function stored(base: string, job: string): Promise<Map<string, string[]>> {
  const data = await getData<{ result: ApiSeries[] }>(base, "query", { query: `{job="${job}"}[1h]` });
  const series = data.result.filter(({ metric }) => !OWN.has(metric["__name__"]!));
  const times = [...new Set(series.flatMap(({ values }) => values!.map(([time]) => time)))].toSorted(
    (a, b) => a - b,
  );
  const lastTime = times[BODIES - 1]!;
  return new Map(
    series.map(({ metric, values }) => [
      labelsKey(metric),
      values!.filter(([time]) => time <= lastTime).map(([time, value]) => `${times.indexOf(time)}:${value}`),
    ]),
  );
}

describe.skipIf(missing.length > 0)("bodies of real exporters", () => {
  test(
    "give the same samples as in the real Prometheus",
    async () => {
      const captures = await Promise.all(JOBS.map(capture));
      const player = await replay(captures);
      const prometheus = await startServer({
        command: [peerBinary("prometheus")!],
        config: configFor("prometheus", player.port, captures),
      });
      const narthex = await startServer({
        command: NARTHEX,
        config: configFor("narthex", player.port, captures),
      });
      try {
        await eventually(
          "every body to be scraped by both",
          () =>
            (player.served.size === 2 * captures.length &&
              [...player.served.values()].every((count) => count > BODIES + 1)) ||
            undefined,
          60_000 + BODIES * 1000,
        );
        let series = 0;
        for (const { job } of captures) {
          const expected = await stored(prometheus.base, job);
          expect(await stored(narthex.base, job), job).toEqual(expected);
          series += expected.size;
        }
        console.log(`${series} series of ${captures.length} exporters, ${BODIES} scrapes each: equal`);
        expect(series).toBeGreaterThan(1000);
      } finally {
        await Promise.all([prometheus.remove(), narthex.remove()]);
        await player.close();
      }
    },
    120_000 + BODIES * (CAPTURE_EVERY_MS + 1000),
  );
});
