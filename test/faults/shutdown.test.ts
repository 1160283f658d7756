import { spawn, type ChildProcess } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { Ledger, readBack } from "../crash/server-ledger.ts";
import { crashFolder } from "../crash/store-campaign.ts";
import { makeStore } from "../crash/mutations.ts";
import { eventually, NARTHEX, pause, startServer, type ServerProcess } from "../support/server-process.ts";
import { fastTime } from "../crash/fast-time.ts";

// Ends of a server by signal, and two servers on one folder. Specification rows REL-6 and REL-8.

const FLAGS = ["--web.enable-remote-write-receiver"];
const STOP_MS_MAX = 10_000;

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

function scratch(): string {
  const folder = crashFolder();
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function start(
  folder: string,
  options: { readonly flags?: readonly string[]; readonly command?: readonly string[] } = {},
): Promise<ServerProcess> {
  const { flags = [], command = NARTHEX } = options;
  const server = await startServer({ command, config: "", flags: [...FLAGS, ...flags], folder });
  cleanUps.push(() => server.stop("SIGKILL"));
  return server;
}

/** Starts a server that need not become ready. */
function launch(folder: string): {
  readonly child: ChildProcess;
  log(): string;
  readonly ended: Promise<number | NodeJS.Signals>;
} {
  const config = join(folder, "prometheus.yml");
  writeFileSync(config, "");
  const child = spawn(NARTHEX[0]!, [
    ...NARTHEX.slice(1),
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
    "--web.listen-address=127.0.0.1:0",
  ]);
  cleanUps.push(() => child.kill("SIGKILL"));
  let log = "";
  child.stderr.on("data", (chunk) => (log += String(chunk)));
  const ended = new Promise<number | NodeJS.Signals>((done) => {
    child.once("exit", (code, signal) => done(signal ?? code ?? 1));
  });
  return { child, log: () => log, ended };
}

/** Sends samples until the server takes no more. */
async function writeOn(
  server: ServerProcess,
  ledger: Ledger,
  now: () => number,
  name: string,
): Promise<void> {
  let time = 0;
  while (server.child.exitCode === null && server.child.signalCode === null) {
    time = Math.max(Math.round(now()), time + 1);
    const series = Array.from({ length: 20 }, (_, i) => ({ series: `float_${name}_${i}`, time }));
    if ((await ledger.write(server.base, series)) === undefined) await pause(10);
  }
}

test("SIGTERM under load ends with code 0 and loses nothing (REL-8)", async () => {
  const folder = scratch();
  const server = await start(folder);
  const ledger = new Ledger(1);
  const senders = ["a", "b", "c"].map((name) => writeOn(server, ledger, Date.now, name));
  await eventually("some samples", () => (ledger.acknowledged > 2000 ? true : undefined));
  const begun = performance.now();
  expect(await server.stop("SIGTERM")).toBe(0);
  expect(performance.now() - begun).toBeLessThan(STOP_MS_MAX);
  await Promise.all(senders);
  const again = await start(folder);
  expect(ledger.complaints(await readBack(again.base, "float_.*"))).toEqual([]);
}, 60_000);

test("SIGTERM while the log is read back ends with code 0 and loses nothing (REL-8)", async () => {
  const folder = scratch();
  await makeStore(join(folder, "data"), 2000, 60);
  const server = launch(folder);
  await eventually("the start of the store", () => server.log().includes("Starting TSDB") || undefined);
  server.child.kill("SIGTERM");
  expect(await server.ended).toBe(0);
  const again = await start(folder);
  const read = await readBack(again.base, "metric_.*");
  expect(read.reduce((sum, { times }) => sum + times.length, 0)).toBe(2000 * 60);
}, 60_000);

test("SIGTERM while blocks are cut and merged ends with code 0 and loses nothing (REL-8)", async () => {
  const folder = scratch();
  const origin = Date.now();
  const now = fastTime(60, origin);
  const command = [
    process.execPath,
    join(import.meta.dirname, "../crash/fast-server.ts"),
    "60",
    String(origin),
  ];
  const server = await start(folder, { command, flags: ["--storage.tsdb.min-block-duration=1m"] });
  const ledger = new Ledger(1);
  const senders = ["a", "b"].map((name) => writeOn(server, ledger, now, name));
  await eventually("a flush", async () => {
    const text = await (await fetch(`${server.base}/metrics`)).text();
    return Number(/^prometheus_tsdb_compactions_total (\d+)/m.exec(text)?.[1]) > 2 ? true : undefined;
  });
  expect(await server.stop("SIGTERM")).toBe(0);
  await Promise.all(senders);
  const again = await start(folder);
  expect(ledger.complaints(await readBack(again.base, "float_.*"))).toEqual([]);
}, 60_000);

test("a second signal ends a server at once (REL-8)", async () => {
  const server = await start(scratch());
  // A request that does not end is waited for.
  const { hostname, port } = new URL(server.base);
  const socket = connect(Number(port), hostname);
  cleanUps.push(() => socket.destroy());
  socket.on("error", () => undefined); // The server goes away under it.
  socket.write("POST /api/v1/write HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf");
  await eventually("the request", async () => {
    const text = await (await fetch(`${server.base}/metrics`)).text();
    return text.length > 0 ? true : undefined;
  });
  const ended = server.stop("SIGTERM");
  await eventually("the first signal", () => server.log().includes("Received an OS signal") || undefined);
  const begun = performance.now();
  server.child.kill("SIGTERM");
  expect(await ended).toBe(1);
  expect(performance.now() - begun).toBeLessThan(1000);
}, 60_000);

test("a second server on the same folder is refused, a killed owner is not in the way (REL-6)", async () => {
  const folder = scratch();
  const owner = await start(folder);
  const second = launch(folder);
  expect(await second.ended).toBe(1);
  expect(second.log()).toContain(
    "opening storage failed: lock DB directory: resource temporarily unavailable",
  );
  await owner.stop("SIGKILL");
  const next = await start(folder);
  expect((await fetch(`${next.base}/-/ready`)).status).toBe(200);
}, 60_000);

test("--storage.tsdb.no-lockfile neither takes nor heeds the lock (REL-6)", async () => {
  const folder = scratch();
  const first = await start(folder, { flags: ["--storage.tsdb.no-lockfile"] });
  await first.stop("SIGTERM");
  const owner = await start(folder);
  const second = await start(folder, { flags: ["--storage.tsdb.no-lockfile"] });
  expect((await fetch(`${second.base}/-/ready`)).status).toBe(200);
  expect((await fetch(`${owner.base}/-/ready`)).status).toBe(200);
}, 60_000);
