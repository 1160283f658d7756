import { rmSync } from "node:fs";
import { bitsOf, isStaleAt } from "../../src/model/index.ts";
import { startServer, type ServerProcess } from "../support/server-process.ts";
import { startExporter, type Exporter } from "./exporter.ts";
import { seededRandom } from "./random.ts";
import { Ledger, readBack } from "./server-ledger.ts";
import { crashFolder } from "./store-campaign.ts";

// kill -9 of a whole server at random moments, under remote write, scraping and deleting, with a ledger of what it
// acknowledged. Harness H1.

const SENDERS = 3;
const FLOATS = 5; // Series of each sender.
const KILLS_PER_FOLDER = 25; // What is read back after each kill grows with the folder.
const LATE_MS_MAX = 60_000;
const EXPORTER_SERIES = 3;
// Rows of scrapes wait for others to share a commit: so long before a kill they may be lost.
const SCRAPE_SLACK_MS = 2000;

const FLAGS = ["--web.enable-remote-write-receiver", "--web.enable-admin-api"];

export interface KillsOptions {
  readonly command: readonly string[]; // Starts the server.
  /** The time (ms) by the server's clock; times of samples follow it. */
  readonly now: () => number;
  readonly flags?: readonly string[];
  readonly kills: number;
  readonly seed: number;
  readonly scrapeInterval: string; // By the server's clock.
  /** Longest time (ms) under load before a kill. */
  readonly loadMsMax: number;
}

export interface KillsOutcome {
  readonly kills: number;
  readonly acknowledged: number; // Samples.
  readonly deletions: number;
  readonly readyMsMax: number; // Longest start.
  readonly failures: string[];
}

export async function killServers(options: KillsOptions): Promise<KillsOutcome> {
  const total = { kills: 0, acknowledged: 0, deletions: 0, readyMsMax: 0, failures: [] as string[] };
  for (let done = 0; done < options.kills; done += KILLS_PER_FOLDER) {
    const kills = Math.min(KILLS_PER_FOLDER, options.kills - done);
    const life = new FolderLife({ ...options, kills, seed: options.seed + done });
    const outcome = await life.run();
    total.kills += outcome.kills;
    total.acknowledged += outcome.acknowledged;
    total.deletions += outcome.deletions;
    total.readyMsMax = Math.max(total.readyMsMax, outcome.readyMsMax);
    total.failures.push(...outcome.failures);
  }
  return total;
}

/** One data folder from its making to its last kill. */
class FolderLife {
  readonly #options: KillsOptions;
  readonly #random: () => number;
  readonly #ledger: Ledger;
  readonly #failures: string[] = [];
  readonly #lastTimes = new Map<number, number>(); // Newest time of each sender.
  readonly #usedLate = new Set<string>();
  #deletions = 0;
  #readyMsMax = 0;
  readonly #cuts: number[] = []; // Date.now() of each kill and each start after it.
  #isLoading = false;

  constructor(options: KillsOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.#ledger = new Ledger(options.seed);
  }

  async run(): Promise<KillsOutcome> {
    const folder = crashFolder();
    const exporter = await startExporter(EXPORTER_SERIES);
    let server: ServerProcess | undefined;
    try {
      server = await this.#start(folder, exporter);
      for (let kill = 0; kill < this.#options.kills && this.#failures.length === 0; kill++) {
        await this.#loadAndKill(server);
        server = await this.#start(folder, exporter);
        await this.#check(server.base, exporter, kill);
      }
    } finally {
      await server?.stop("SIGKILL");
      await exporter.close();
      if (this.#failures.length === 0) rmSync(folder, { recursive: true, force: true });
      else this.#failures.push(`the folder is kept: ${folder}`);
    }
    return {
      kills: this.#options.kills,
      acknowledged: this.#ledger.acknowledged,
      deletions: this.#deletions,
      readyMsMax: this.#readyMsMax,
      failures: this.#failures,
    };
  }

  async #start(folder: string, exporter: Exporter): Promise<ServerProcess> {
    const started = performance.now();
    const config = JSON.stringify({
      storage: { tsdb: { out_of_order_time_window: "1h" } },
      scrape_configs: [
        {
          job_name: "exporter",
          scrape_interval: this.#options.scrapeInterval,
          static_configs: [{ targets: [exporter.address] }],
        },
      ],
    });
    const { command, flags = [] } = this.#options;
    const server = await startServer({ command, config, flags: [...FLAGS, ...flags], folder });
    this.#cuts.push(Date.now());
    this.#readyMsMax = Math.max(this.#readyMsMax, performance.now() - started);
    return server;
  }

  async #loadAndKill(server: ServerProcess): Promise<void> {
    this.#isLoading = true;
    const work = Array.from({ length: SENDERS }, (_, sender) => this.#send(server.base, sender));
    work.push(this.#deleteNowAndThen(server.base));
    const loadMs = this.#random() * this.#options.loadMsMax;
    await new Promise((resolve) => setTimeout(resolve, loadMs));
    this.#cuts.push(Date.now());
    await server.stop("SIGKILL");
    this.#isLoading = false;
    await Promise.all(work);
  }

  // Until the server is gone.
  async #send(base: string, sender: number): Promise<void> {
    while (this.#isLoading) {
      const time = Math.max(Math.round(this.#options.now()), (this.#lastTimes.get(sender) ?? 0) + 1);
      this.#lastTimes.set(sender, time);
      const samples = Array.from({ length: FLOATS }, (_, i) => ({ series: `float_${sender}_${i}`, time }));
      samples.push({ series: `histogram_${sender}`, time }, ...this.#lateSamples(sender, time));
      const status = await this.#ledger.write(base, samples);
      if (status === undefined) return;
      if (status !== 204) this.#failures.push(`a write was answered with ${status}`);
    }
  }

  #lateSamples(sender: number, time: number): { series: string; time: number }[] {
    const series = `late_${sender}`;
    const late = time - Math.floor(this.#random() * LATE_MS_MAX);
    if (this.#usedLate.has(`${series} ${late}`)) return [];
    this.#usedLate.add(`${series} ${late}`);
    return [{ series, time: late }];
  }

  async #deleteNowAndThen(base: string): Promise<void> {
    while (this.#isLoading) {
      await new Promise((resolve) => setTimeout(resolve, 20 + this.#random() * 150));
      const sender = Math.floor(this.#random() * SENDERS);
      const last = this.#lastTimes.get(sender);
      if (!this.#isLoading || last === undefined) continue;
      // Well behind what is on its way.
      const to = last - 30 - Math.floor(this.#random() * 500);
      const series = this.#random() < 0.5 ? `float_${sender}_0` : `histogram_${sender}`;
      const status = await this.#ledger.delete(base, series, to - Math.floor(this.#random() * 40), to);
      if (status === undefined) return;
      if (status === 204) this.#deletions++;
      else this.#failures.push(`a deletion was answered with ${status}`);
    }
  }

  async #check(base: string, exporter: Exporter, kill: number): Promise<void> {
    const written = await readBack(base, "(float|histogram|late)_.*");
    const wrong = this.#ledger.complaints(written);
    wrong.push(...(await this.#scrapeComplaints(base, exporter)));
    const { seed } = this.#options;
    this.#failures.push(...wrong.map((text) => `seed ${seed}, kill ${kill}: ${text}`));
  }

  // Of what the exporter said all is there but the last moment before a kill and what came too late; nothing else is.
  async #scrapeComplaints(base: string, exporter: Exporter): Promise<string[]> {
    const failed = await this.#failedScrapes(base);
    const wrong: string[] = [];
    for (const { labels, times, values } of await readBack(base, "scraped")) {
      const found = new Set<number>();
      const bits = bitsOf(values);
      for (let i = 0; i < times.length; i++) {
        if (isStaleAt(bits, i)) continue;
        if (exporter.answered[values[i]!] === undefined)
          wrong.push(`invented: ${values[i]} of ${labels.join()}`);
        if (found.has(values[i]!)) wrong.push(`twice: ${values[i]} of ${labels.join()}`);
        found.add(values[i]!);
      }
      const lost = Array.from(exporter.answered.entries()).filter(
        ([value, answeredMs]) => value > 0 && !found.has(value) && !this.#wasCutOff(answeredMs),
      );
      if (lost.length > failed) wrong.push(`lost: scrapes ${JSON.stringify(lost)}, ${failed} failed`);
    }
    return wrong;
  }

  // A machine that is busy answers some scrapes after their time-out.
  async #failedScrapes(base: string): Promise<number> {
    const up = await readBack(base, "up");
    return up.reduce((sum, { values }) => sum + values.filter((value) => value === 0).length, 0);
  }

  // Whether a kill, a start or this look came so soon after a scrape that it may not have been in the log.
  #wasCutOff(answeredMs: number): boolean {
    return [...this.#cuts, Date.now()].some((cut) => answeredMs <= cut && answeredMs > cut - SCRAPE_SLACK_MS);
  }
}
