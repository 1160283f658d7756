import { createLogger, errorText, type Logger, type Timer } from "../base/index.ts";
import { cacheKeepingChange, sameScrapeConfig, type ScrapeConfig } from "../config/index.ts";
import {
  compileRelabel,
  labelsKey,
  labelsText,
  millis,
  type Labels,
  type TargetGroup,
} from "../model/index.ts";
import type { FailureLog, ScrapeClient, ScrapeEnvironment } from "./environment.ts";
import type { TableWriter } from "../storage/index.ts";
import { ScrapeLoop, type JobContext } from "./loop.ts";
import { scrapeHeaders } from "./request.ts";
import { TargetTable, type SampleRules } from "./target-table.ts";
import { buildTarget, type Target, type TargetOutcome } from "./target.ts";

// A table whose target has gone, waiting for the time to mark its series (STL-5).
interface Leaving {
  readonly table: TargetTable;
  readonly timer: Timer;
}

interface GoneLoop {
  readonly loop: ScrapeLoop;
  readonly nextMs: number;
}

/** The targets of one job. */
export class ScrapePool {
  readonly #environment: ScrapeEnvironment;
  readonly #logger: Logger;
  readonly #phaseSeed: string;
  readonly #loops = new Map<string, ScrapeLoop>(); // By identity.
  readonly #byKey = new Map<string, ScrapeLoop>(); // The same loops by the key of their table.
  readonly #leaving = new Map<string, Leaving>(); // By table key.
  readonly #openKeys = new Set<string>(); // Of all tables, leaving ones included.
  #config: ScrapeConfig;
  #context: JobContext;
  #failureLog: FailureLog | undefined;
  #groups: readonly TargetGroup[] = [];
  // What became of each discovered target in the last sync, so that only new ones cost more than a look-up.
  #outcomes: ReadonlyMap<string, TargetOutcome> = new Map();
  #outcomesOf: ScrapeConfig | undefined;
  #dropped: readonly Labels[] = [];
  #droppedCount = 0;
  #refused = "";

  constructor(config: ScrapeConfig, environment: ScrapeEnvironment, phaseSeed: string) {
    this.#config = config;
    this.#environment = environment;
    this.#phaseSeed = phaseSeed;
    this.#logger = environment.logger.with({ scrape_pool: config.jobName });
    this.#reopenFailureLog(config.scrapeFailureLogFile);
    this.#context = this.#openContext(config);
  }

  get config(): ScrapeConfig {
    return this.#config;
  }

  /** In the order of their addition. */
  get loops(): IterableIterator<ScrapeLoop> {
    return this.#loops.values();
  }

  loopOf(tableKey: string): ScrapeLoop | undefined {
    return this.#byKey.get(tableKey);
  }

  /** Discovered labels of dropped targets, as many as keep_dropped_targets allows (SCR-15). */
  get dropped(): readonly Labels[] {
    return this.#dropped;
  }

  get droppedCount(): number {
    return this.#droppedCount;
  }

  /** Takes a new configuration. Loops restart unless only what finds targets has changed (CFG-104, CFG-105). */
  reload(config: ScrapeConfig): void {
    const before = this.#config;
    this.#reopenFailureLog(config.scrapeFailureLogFile);
    if (sameScrapeConfig(before, config)) return;
    this.#config = config;
    const { discovery, relabelConfigs, targetLimit, keepDroppedTargets } = before;
    const sameTargets = { ...config, discovery, relabelConfigs, targetLimit, keepDroppedTargets };
    if (sameScrapeConfig(before, sameTargets)) {
      this.#sync(this.#context);
      return;
    }
    const closing = this.#context.client;
    this.#context = this.#openContext(config);
    const keepsSeries = cacheKeepingChange(before, sameTargets);
    this.#sync(this.#context, { restart: true, keepsSeries });
    this.#close(closing);
  }

  /** Takes all target groups of the job. */
  update(groups: readonly TargetGroup[]): void {
    this.#groups = groups;
    this.#sync(this.#context);
  }

  /** Ends all loops without staleness markers (STL-6). Resolves when connections are closed. */
  async stop(): Promise<void> {
    for (const loop of this.#loops.values()) {
      loop.stop();
      this.#closeTable(loop.table);
    }
    for (const { table, timer } of this.#leaving.values()) {
      timer.cancel();
      this.#closeTable(table);
    }
    this.#loops.clear();
    this.#byKey.clear();
    this.#leaving.clear();
    this.#failureLog?.close();
    await this.#context.client.close();
  }

  #close(client: ScrapeClient): void {
    client.close().catch((error: unknown) => {
      this.#logger.warn("closing connections failed", { err: errorText(error) });
    });
  }

  // Also for an unchanged job, so that a reload lets go of a file that was moved away (SCR-53).
  #reopenFailureLog(file: string): void {
    this.#failureLog?.close();
    this.#failureLog = file === "" ? undefined : this.#environment.openFailureLog?.(file);
  }

  #openContext(config: ScrapeConfig): JobContext {
    const { createClient, clock, userAgent } = this.#environment;
    const failureLog =
      this.#failureLog === undefined
        ? undefined
        : createLogger(
            {
              level: "error",
              format: "json",
              write: (line) => this.#failureLog?.write(line),
              now: () => clock.now(),
            },
            { job_name: config.jobName },
          );
    const client: ScrapeClient = createClient(config);
    const headers = new Map<number, Readonly<Record<string, string>>>();
    const headersFor = (timeoutMs: number): Readonly<Record<string, string>> => {
      const known = headers.get(timeoutMs) ?? scrapeHeaders(config, timeoutMs, userAgent);
      headers.set(timeoutMs, known);
      return known;
    };
    const rules = sampleRules(config, this.#environment.takesStarts);
    return { config, rules, client, failureLog, headersFor, forcedError: undefined, hint: undefined };
  }

  // Brings the loops in line with groups and configuration.
  #sync(context: JobContext, change?: { readonly restart: true; readonly keepsSeries: boolean }): void {
    const { clock, counters, observer } = this.#environment;
    const startedMs = clock.monotonic();
    const job = this.#config.jobName;
    const wanted = this.#findTargets();
    counters.syncs.set(job, (counters.syncs.get(job) ?? 0) + 1);
    context.forcedError = this.#overLimit(wanted.size);
    // By table key: nearly always one, but targets may differ in internal labels only.
    const gone = new Map<string, GoneLoop[]>();
    for (const [identity, loop] of this.#loops) {
      if (change === undefined && wanted.has(identity)) continue;
      const sameTable = gone.get(loop.target.tableKey) ?? [];
      sameTable.push({ loop, nextMs: loop.stop() });
      gone.set(loop.target.tableKey, sameTable);
      this.#loops.delete(identity);
      this.#byKey.delete(loop.table.key);
    }
    for (const [identity, target] of wanted) {
      const running = this.#loops.get(identity);
      if (running !== undefined) {
        running.refresh(target);
        continue;
      }
      const before = gone.get(target.tableKey)?.shift();
      if (before !== undefined && change?.keepsSeries === false) before.loop.table.forgetSeries();
      const table = before?.loop.table ?? this.#openTable(target);
      const loop = new ScrapeLoop(target, table, context, this.#environment, this.#phaseSeed);
      this.#loops.set(identity, loop);
      this.#byKey.set(table.key, loop);
    }
    for (const rest of gone.values()) for (const { loop, nextMs } of rest) this.#leave(loop, nextMs);
    observer?.syncLength(job, (clock.monotonic() - startedMs) / 1000);
  }

  #findTargets(): Map<string, Target> {
    const config = this.#config;
    const relabeler = compileRelabel(config.relabelConfigs, config.nameValidation);
    const known = config === this.#outcomesOf ? this.#outcomes : new Map<string, TargetOutcome>();
    const outcomes = new Map<string, TargetOutcome>();
    const active = new Map<string, Target>();
    const dropped: Labels[] = [];
    const refused: string[] = [];
    this.#droppedCount = 0;
    for (const group of this.#groups) {
      const groupKey = labelsKey(group.labels);
      for (const found of group.targets) {
        const key = `${groupKey} ${labelsKey(found)}`;
        const outcome = known.get(key) ?? buildTarget(found, group, config, relabeler);
        outcomes.set(key, outcome);
        switch (outcome.kind) {
          case "active":
            if (!active.has(outcome.target.identity)) active.set(outcome.target.identity, outcome.target);
            break;
          case "dropped":
            this.#droppedCount++;
            if (config.keepDroppedTargets === 0 || dropped.length < config.keepDroppedTargets) {
              dropped.push(outcome.discoveredLabels);
            }
            break;
          case "refused":
            refused.push(`${labelsText(outcome.discoveredLabels)}: ${outcome.reason}`);
            break;
        }
      }
    }
    this.#outcomes = outcomes;
    this.#outcomesOf = config;
    this.#dropped = dropped;
    this.#accountRefused(refused);
    return active;
  }

  #accountRefused(refused: readonly string[]): void {
    const { syncFailures } = this.#environment.counters;
    const job = this.#config.jobName;
    syncFailures.set(job, (syncFailures.get(job) ?? 0) + refused.length);
    const all = refused.join("\n");
    if (all !== "" && all !== this.#refused) {
      this.#logger.error("creating targets failed", { count: refused.length, err: refused[0]! });
    }
    this.#refused = all;
  }

  #overLimit(targetCount: number): string | undefined {
    const limit = this.#config.targetLimit;
    if (limit === 0 || targetCount <= limit) return undefined;
    this.#environment.counters.exceededTargetLimit++;
    return `target_limit exceeded (number of targets: ${targetCount}, limit: ${limit})`;
  }

  #openTable(target: Target): TargetTable {
    const { store, parser, scratch } = this.#environment;
    const leaving = this.#leaving.get(target.tableKey);
    if (leaving !== undefined) {
      // It is back: what it no longer has gets its markers with the first row.
      leaving.timer.cancel();
      leaving.table.forgetSeries();
      this.#leaving.delete(target.tableKey);
      return leaving.table;
    }
    let key = target.tableKey;
    while (this.#openKeys.has(key)) key += " again";
    this.#openKeys.add(key);
    const openWriter = (name: string): TableWriter => store.openTable(name);
    return new TargetTable({ key, openWriter, labels: target.labels, parser, scratch });
  }

  #closeTable(table: TargetTable): void {
    this.#openKeys.delete(table.key);
    table.close();
  }

  // Marks the series of a target that has gone as of its next tick, but not before another tick and a tenth of one:
  // by then it would have come back under the same labels.
  #leave({ table, target }: ScrapeLoop, nextMs: number): void {
    const { clock } = this.#environment;
    const key = table.key;
    const waitMs = nextMs - clock.now() + 1.1 * target.intervalMs;
    const timer = clock.after(waitMs, () => {
      this.#leaving.delete(key);
      table.markStale(millis(Math.floor(nextMs)));
      this.#closeTable(table);
    });
    this.#leaving.set(key, { table, timer });
  }
}

function sampleRules(config: ScrapeConfig, takesStarts: boolean): SampleRules {
  return {
    honorLabels: config.honorLabels,
    honorTimestamps: config.honorTimestamps,
    trackTimestampsStaleness: config.trackTimestampsStaleness,
    relabeler: compileRelabel(config.metricRelabelConfigs, config.nameValidation),
    nameValidation: config.nameValidation,
    labelLimit: config.labelLimit,
    labelNameLengthLimit: config.labelNameLengthLimit,
    labelValueLengthLimit: config.labelValueLengthLimit,
    sampleLimit: config.sampleLimit,
    bucketLimit: config.nativeHistogramBucketLimit,
    minBucketFactor: config.nativeHistogramMinBucketFactor,
    takesStarts,
    extraScrapeMetrics: config.extraScrapeMetrics,
  };
}
