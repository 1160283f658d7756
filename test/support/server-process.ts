import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");
const READY_MS = 60_000;

/** A reference server's binary, or undefined where they are not installed. */
export function peerBinary(name: string): string | undefined {
  const folder = process.env["PEERS_BIN"] ?? join(homedir(), ".cache/peers/usr/bin");
  const path = join(folder, name);
  return existsSync(path) ? path : undefined;
}

/** Words that start Narthex as built in dist/. */
export const NARTHEX: readonly string[] = [process.execPath, join(ROOT, "dist/main.js")];

export interface ServerProcess {
  readonly base: string; // E.g. http://127.0.0.1:41234
  readonly folder: string; // Holds prometheus.yml and data/; removed by `remove`.
  readonly child: ChildProcess;
  /** All it wrote so far. */
  log(): string;
  /** Sends a signal and waits for the end. @returns the exit code, or the signal that ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>;
  /** Stops it and removes its folder. */
  remove(): Promise<void>;
}

export interface ServerOptions {
  readonly command: readonly string[];
  readonly config: string;
  readonly flags?: readonly string[];
  /** Of an earlier process, to start again on its data. */
  readonly folder?: string;
  /** Environment variables besides those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A fresh folder under the system's temporary one. */
export function scratchFolder(): string {
  return mkdtempSync(join(tmpdir(), "narthex-test-"));
}

/**
 * Starts Narthex or a server with Prometheus's flags on a loopback port that the system chooses; resolves when it is
 * ready. @throws Error with the log when it ends first.
 */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const folder = options.folder ?? scratchFolder();
  writeFileSync(join(folder, "prometheus.yml"), options.config);
  const [program, ...first] = options.command;
  const flags = [
    `--config.file=${join(folder, "prometheus.yml")}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
    "--web.listen-address=127.0.0.1:0",
    ...(options.flags ?? []),
  ];
  const env = { ...process.env, ...options.env };
  const child = spawn(program!, [...first, ...flags], { env });
  let log = "";
  child.stdout.on("data", (chunk) => (log += String(chunk)));
  child.stderr.on("data", (chunk) => (log += String(chunk)));
  const ended = new Promise<number | NodeJS.Signals>((done) => {
    child.once("exit", (code, signal) => done(signal ?? code ?? 1));
  });
  const server: Omit<ServerProcess, "base"> = {
    folder,
    child,
    log: () => log,
    stop(signal = "SIGTERM") {
      child.kill(signal);
      return ended;
    },
    async remove() {
      child.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    return { ...server, base: await whenReady(child, () => log) };
  } catch (error) {
    await server.remove();
    throw error;
  }
}

async function whenReady(child: ChildProcess, log: () => string): Promise<string> {
  const until = Date.now() + READY_MS;
  while (Date.now() < until) {
    const address = /msg="Listening on".*? address=(\S+)/.exec(log())?.[1];
    if (address !== undefined && log().includes("Server is ready to receive web requests."))
      return `http://${address}`;
    if (child.exitCode !== null || child.signalCode !== null) break;
    await pause(20);
  }
  throw new Error(`the server did not become ready:\n${log()}`);
}

/** For waiting on real processes only. */
export function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** Polls until `probe` gives something other than undefined. @throws Error after the time-out. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  timeoutMs = 20_000,
): Promise<T> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (Date.now() > until) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await pause(50);
  }
}

/** Runs a command to its end. */
export function runToEnd(
  command: readonly string[],
  flags: readonly string[],
): Promise<{ code: number | NodeJS.Signals; out: string; err: string }> {
  return new Promise((done) => {
    const child = spawn(command[0]!, [...command.slice(1), ...flags]);
    let out = "";
    let err = "";
    child.stdout.on("data", (chunk) => (out += String(chunk)));
    child.stderr.on("data", (chunk) => (err += String(chunk)));
    child.once("exit", (code, signal) => done({ code: signal ?? code ?? 1, out, err }));
  });
}
