import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, expect, test, type TestContext } from "vitest";
import { startExporter } from "../crash/exporter.ts";
import { Ledger, readBack } from "../crash/server-ledger.ts";
import { crashFolder, FIXED_WORK } from "../crash/store-campaign.ts";
import { readStore, runWriter } from "../crash/store-run.ts";
import { eventually, NARTHEX, startServer, type ServerProcess } from "../support/server-process.ts";
import { buildShim, ERRNO, FaultShim } from "./shim.ts";

// A disk that is full or fails under a running server. Specification rows REL-3 and REL-4.

const FLAGS = ["--web.enable-remote-write-receiver", "--storage.sync-interval=200ms"];
const MIB = 2 ** 20;
const SERIES = ["float_0", "float_1", "histogram_0"];

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

function succeeds(command: string, ...words: readonly string[]): boolean {
  return spawnSync(command, words).status === 0;
}

/** A folder for a server whose `data` is a file system of its own. Undefined where that is not allowed. */
function folderWithSmallDisk(bytes: number): string | undefined {
  const folder = crashFolder();
  const data = join(folder, "data");
  mkdirSync(data);
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  if (!succeeds("mount", "-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", data)) return undefined;
  cleanUps.push(() => succeeds("umount", "-l", data));
  return folder;
}

interface Started {
  readonly server: ServerProcess;
  readonly ledger: Ledger;
  /** Starts it again on its data, after a kill -9. */
  again(): Promise<ServerProcess>;
}

async function start(options: {
  readonly folder: string;
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
}): Promise<Started> {
  const { folder, flags = [], env = {}, command = NARTHEX } = options;
  const exporter = await startExporter(2);
  cleanUps.push(() => exporter.close());
  const config = JSON.stringify({
    scrape_configs: [
      {
        job_name: "exporter",
        scrape_interval: "200ms",
        static_configs: [{ targets: [exporter.address] }],
      },
    ],
  });
  const launch = async (more: Readonly<Record<string, string>>): Promise<ServerProcess> => {
    const server = await startServer({ command, config, flags: [...FLAGS, ...flags], folder, env: more });
    cleanUps.push(() => server.stop("SIGKILL"));
    return server;
  };
  const server = await launch(env);
  return {
    server,
    ledger: new Ledger(1),
    async again() {
      await server.stop("SIGKILL");
      return launch({});
    },
  };
}

let lastTime = 0;

async function send({ server, ledger }: Started): Promise<Response | undefined> {
  lastTime = Math.max(Date.now(), lastTime + 1);
  return ledger.send(
    server.base,
    SERIES.map((series) => ({ series, time: lastTime })),
  );
}

async function write(started: Started): Promise<number | undefined> {
  return (await send(started))?.status;
}

async function metric(server: ServerProcess, name: string): Promise<number> {
  const text = await (await fetch(`${server.base}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
}

async function statusOf(server: ServerProcess, path: string): Promise<number> {
  const response = await fetch(server.base + path);
  await response.arrayBuffer();
  return response.status;
}

/** What holds while the disk takes nothing: reading goes on, writing is refused for now. */
async function expectReadOnly(started: Started): Promise<void> {
  const { server } = started;
  await eventually("refused writes", async () => ((await write(started)) === 503 ? true : undefined));
  const response = await send(started);
  expect(response?.status).toBe(503);
  expect(Number(response?.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await statusOf(server, "/-/ready")).toBe(200);
  expect(await statusOf(server, "/-/healthy")).toBe(200);
  expect(await metric(server, "narthex_storage_read_only")).toBe(1);
  expect((await readBack(server.base, "float_0"))[0]!.times.length).toBeGreaterThan(0);
  expect(await statusOf(server, "/api/v1/query?query=count(scraped)")).toBe(200);
}

/** What holds soon after the disk works again, also after a kill. */
async function expectRecovered(started: Started): Promise<void> {
  const { server, ledger } = started;
  await eventually(
    "accepted writes",
    async () => ((await write(started)) === 204 ? true : undefined),
    10_000,
  );
  expect(await metric(server, "narthex_storage_read_only")).toBe(0);
  for (let i = 0; i < 20; i++) expect(await write(started)).toBe(204);
  const again = await started.again();
  expect(ledger.complaints(await readBack(again.base, "(float|histogram)_.*"))).toEqual([]);
  await again.stop("SIGTERM");
  const database = new Database(join(again.folder, "data/head.db"), { readonly: true });
  expect(database.pragma("integrity_check", { simple: true })).toBe("ok");
  database.close();
}

/** Lines of the log that tell of a change to or from taking no writes. */
function stateLines(server: ServerProcess): string[] {
  return server
    .log()
    .split("\n")
    .filter((line) => /room on the disk|takes commits|committing|syncing/.test(line));
}

function shimOrSkip(context: TestContext): string {
  const shim = buildShim();
  if ("library" in shim) return shim.library;
  console.warn(`NOT TESTED: "${context.task.name}": ${shim.missing}`);
  return context.skip(shim.missing);
}

/** A server whose disk calls can be made to fail. */
async function startUnderShim(context: TestContext): Promise<Started & { readonly shim: FaultShim }> {
  const folder = crashFolder();
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  const shim = new FaultShim({
    library: shimOrSkip(context),
    directory: join(folder, "data"),
    scratch: folder,
  });
  cleanUps.push(() => shim.close());
  const started = await start({ folder, env: shim.env });
  for (let i = 0; i < 5; i++) expect(await write(started)).toBe(204);
  return { ...started, shim };
}

test("too little room stops writing, nothing else, until there is room again (REL-3)", async (context) => {
  const folder = folderWithSmallDisk(16 * MIB);
  if (folder === undefined) return context.skip("mounting a small file system is not allowed here");
  const started = await start({ folder, flags: ["--storage.min-free-disk=6MB"] });
  for (let i = 0; i < 5; i++) expect(await write(started)).toBe(204);
  const filler = join(folder, "data/filler");
  writeFileSync(filler, Buffer.alloc(11 * MIB));
  await expectReadOnly(started);
  const before = stateLines(started.server).length;
  for (let i = 0; i < 20; i++) await write(started);
  expect(stateLines(started.server)).toHaveLength(before);
  rmSync(filler);
  await expectRecovered(started);
}, 60_000);

test("a disk that is full to the last byte takes writes again when there is room (REL-3)", async (context) => {
  const folder = folderWithSmallDisk(16 * MIB);
  if (folder === undefined) return context.skip("mounting a small file system is not allowed here");
  const started = await start({ folder, flags: ["--storage.min-free-disk=0"] });
  for (let i = 0; i < 5; i++) expect(await write(started)).toBe(204);
  const data = join(folder, "data");
  const { bavail, bsize } = statfsSync(data);
  writeFileSync(join(data, "filler"), Buffer.alloc(bavail * bsize));
  await expectReadOnly(started);
  rmSync(join(data, "filler"));
  await expectRecovered(started);
}, 60_000);

test("a limit on the size of files stops writing and nothing else (REL-3)", async () => {
  const folder = crashFolder();
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  const limited = ["bash", "-c", 'ulimit -f 300; exec "$@"', "limited", ...NARTHEX]; // In KiB.
  const started = await start({ folder, command: limited });
  const status = await eventually("refused writes", async () => {
    const answered = await write(started);
    return answered === 204 ? undefined : answered;
  });
  expect(status).toBe(503);
  expect(started.server.child.exitCode).toBeNull();
  expect(await statusOf(started.server, "/-/ready")).toBe(200);
  const again = await started.again();
  expect(started.ledger.complaints(await readBack(again.base, "(float|histogram)_.*"))).toEqual([]);
}, 60_000);

for (const kinds of [["write"], ["sync"]] as const) {
  test(`a disk that fails at each ${kinds.join(", ")} stops writing until it works again (REL-4)`, async (context) => {
    const started = await startUnderShim(context);
    started.shim.fail({ kinds, errno: ERRNO.EIO });
    await expectReadOnly(started);
    expect(stateLines(started.server)).toHaveLength(1);
    started.shim.heal();
    await expectRecovered(started);
  }, 60_000);
}

test("one failed sync is counted, and what it left open is written again (REL-4)", async (context) => {
  const started = await startUnderShim(context);
  started.shim.fail({ kinds: ["sync"], errno: ERRNO.EIO, count: 1 });
  const failures = await eventually("a failed sync", async () => {
    await write(started);
    const count = await metric(started.server, "narthex_storage_fsync_failures_total");
    return count > 0 ? count : undefined;
  });
  expect(failures).toBe(1);
  await expectRecovered(started);
}, 60_000);

test("a block that cannot be read fails the queries that need it, and no others (REL-4)", async (context) => {
  const library = shimOrSkip(context);
  const folder = crashFolder();
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  const directory = join(folder, "data");
  const run = await runWriter({ ...FIXED_WORK, directory });
  expect(run.ended).toBe(0);
  const shim = new FaultShim({ library, directory, scratch: folder });
  cleanUps.push(() => shim.close());
  const { server } = await start({ folder, env: shim.env });
  const from = FIXED_WORK.start / 1000;
  const query = `/api/v1/query_range?query=scraped_1&start=${from}&end=${from + 100}&step=5`;
  shim.fail({ kinds: ["read"], errno: ERRNO.EIO });
  expect(await statusOf(server, query)).toBe(422);
  expect(await statusOf(server, "/api/v1/query?query=count(up)")).toBe(200);
  shim.heal();
  expect(await statusOf(server, query)).toBe(200);
  await server.stop("SIGTERM");
  expect((await readStore(directory)).get("scraped_1")?.size).toBe(FIXED_WORK.rounds);
}, 60_000);
