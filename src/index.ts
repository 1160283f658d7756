import { systemClock, createLogger } from "./base/index.ts";
import { startApp } from "./app.ts";
import { parseFlags } from "./config/index.ts";
import type { DnsServer } from "./discovery/index.ts";
import type { Dial } from "./net/index.ts";

export type { Dial } from "./net/index.ts";
export type { DnsServer } from "./discovery/index.ts";

/** How to start a server inside a process of your own. */
export interface NarthexOptions {
  /** The server's command line, e.g. `["--config.file=prometheus.yml", "--web.listen-address=127.0.0.1:0"]`. */
  readonly flags: readonly string[];
  /** Gets the log, a line at a time. Default: nothing is logged. */
  readonly log?: (line: string) => void;
  /** Where to connect for a host and port that are to be scraped. Default: there. */
  readonly dial?: Dial;
  /** How long in ms a query may take on the main thread before a worker begins with it. Default: 2. */
  readonly inlineQueryMs?: number;
  /** Servers that DNS discovery asks. Default: those of the system. */
  readonly nameservers?: readonly DnsServer[];
}

/** A running server. */
export interface Narthex {
  readonly base: string; // E.g. http://127.0.0.1:9090; the first address it listens on.
  /** Reads the configuration again; rejects when it cannot be used, and then nothing changed. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts a server in this process; resolves when it answers queries.
 * @throws FlagError, ConfigError, ListenError, StorageError; then nothing is left running.
 */
export async function startNarthex(options: NarthexOptions): Promise<Narthex> {
  const outcome = parseFlags(options.flags);
  if (outcome.kind !== "run") throw new Error("--help and --version are for the command line");
  const { flags } = outcome;
  const app = await startApp({
    flags,
    shownFlags: outcome.shown,
    logger: createLogger({
      level: flags.logLevel,
      format: flags.logFormat,
      write: options.log ?? (() => {}),
      now: Date.now,
    }),
    clock: systemClock,
    environment: process.env,
    quit: () => void app.stop(),
    ...(options.dial === undefined ? {} : { dial: options.dial }),
    ...(options.inlineQueryMs === undefined ? {} : { inlineQueryMs: options.inlineQueryMs }),
    ...(options.nameservers === undefined ? {} : { nameservers: options.nameservers }),
  });
  return { base: `http://${app.addresses[0]}`, reload: () => app.reload(), close: () => app.stop() };
}
