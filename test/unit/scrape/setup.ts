import { createLogger, type LogLevel } from "../../../src/base/index.ts";
import { loadConfig, type ScrapeConfig } from "../../../src/config/index.ts";
import { labelsFromRecord, NO_LABELS, type TargetGroup } from "../../../src/model/index.ts";
import { FetchError, type FetchRequest, type FetchResponse } from "../../../src/net/index.ts";
import {
  createScrapeCounters,
  createScrapeManager,
  type ActiveTarget,
  type ScrapeCounters,
  type ScrapeManager,
  type ScrapeManagerOptions,
} from "../../../src/scrape/index.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FakeStore } from "./fake-store.ts";

/** What a target answers: a body, a whole response, an error, or nothing until it is told to. */
export type Reply = string | Partial<FetchResponse> | FetchError | Promise<Partial<FetchResponse>>;

const TEXT: FetchResponse = {
  status: 200,
  statusText: "OK",
  release: () => {},
  contentType: "text/plain; version=0.0.4",
  body: Buffer.alloc(0),
  headerText: () => "",
};

/** Scrape configurations of a YAML text that holds the entries of `scrape_configs`. */
export function jobs(entries: string): readonly ScrapeConfig[] {
  const text = `global: {scrape_interval: 10s}\nscrape_configs:\n${entries}`;
  const source = { path: "test.yml", text, environment: {}, files: { read: () => "", match: () => [] } };
  return loadConfig(source).config.scrapeConfigs;
}

/** A group of targets by address, with more labels when they are given. */
export function group(
  addresses: readonly string[],
  labels: Readonly<Record<string, string>> = {},
): TargetGroup {
  return {
    source: addresses.join(),
    labels: labelsFromRecord(labels),
    targets: addresses.map((address) => labelsFromRecord({ __address__: address })),
  };
}

/** A manager over fakes, and what a test wants to see of it. */
export interface Bench {
  readonly manager: ScrapeManager;
  readonly clock: FakeClock;
  readonly store: FakeStore;
  readonly counters: ScrapeCounters;
  readonly requests: FetchRequest[];
  readonly log: string[];
  readonly failureLog: string[];
  readonly clientsClosed: string[];
  /** Answers all requests from now on; of each URL in turn when it is a function. */
  answer(reply: Reply | ((url: string) => Reply)): void;
  apply(entries: string): void;
  /** The only active target. */
  target(): ActiveTarget;
}

export function bench(options: Partial<ScrapeManagerOptions> = {}): Bench {
  const clock = new FakeClock();
  const store = new FakeStore();
  const counters = createScrapeCounters();
  const requests: FetchRequest[] = [];
  const log: string[] = [];
  const failureLog: string[] = [];
  const clientsClosed: string[] = [];
  let reply: (url: string) => Reply = emptyBody;
  const level: LogLevel = "info";
  const logger = createLogger({ level, format: "logfmt", write: (line) => log.push(line), now: () => 0 });
  const manager = createScrapeManager({
    store,
    clock,
    logger,
    counters,
    userAgent: "Prometheus/3.14.0",
    hostName: "host",
    hashSeed: 1,
    createClient: (config) => ({
      fetch(request) {
        requests.push(request);
        return respond(reply(request.url.text), request);
      },
      close() {
        clientsClosed.push(config.jobName);
        return Promise.resolve();
      },
    }),
    openFailureLog: (file) => ({
      write: (line) => failureLog.push(line),
      close: () => failureLog.push(`${file} closed`),
    }),
    ...options,
  });
  return {
    manager,
    clock,
    store,
    counters,
    requests,
    log,
    failureLog,
    clientsClosed,
    answer(next) {
      reply = typeof next === "function" ? next : () => next;
    },
    apply: (entries) => manager.applyConfig({ scrapeConfigs: jobs(entries), externalLabels: NO_LABELS }),
    target() {
      const [target, ...others] = manager.targets.active();
      if (target === undefined || others.length > 0) throw new Error("expected one active target");
      return target;
    },
  };
}

function emptyBody(): Reply {
  return "";
}

async function respond(reply: Reply, request: FetchRequest): Promise<FetchResponse> {
  if (typeof reply === "string") return { ...TEXT, body: Buffer.from(reply) };
  if (reply instanceof FetchError) throw reply;
  return Promise.race([withDefaults(reply), aborted(request)]);
}

async function withDefaults(
  reply: Partial<FetchResponse> | Promise<Partial<FetchResponse>>,
): Promise<FetchResponse> {
  return { ...TEXT, ...(await reply) };
}

function aborted(request: FetchRequest): Promise<never> {
  return new Promise((_, reject) => {
    request.signal?.addEventListener("abort", () => reject(new FetchError("aborted", "context canceled")));
  });
}

/** One job `j` with one target `h:1`, scraped every 10 s; more lines of YAML for the job may be given. */
export function oneTarget(yaml: readonly string[] = [], options: Partial<ScrapeManagerOptions> = {}): Bench {
  const made = bench(options);
  made.apply(job("j", yaml));
  made.manager.updateTargets("j", [group(["h:1"])]);
  return made;
}

/** An entry of `scrape_configs`. */
export function job(name: string, yaml: readonly string[] = []): string {
  return `- job_name: ${name}\n${yaml.map((line) => `  ${line}\n`).join("")}`;
}
