import { errorText, type Clock, type Logger, type Timer } from "../base/index.ts";
import type { DiscoveryConfigs } from "../config/index.ts";
import type { TargetGroup } from "../model/index.ts";
import type { DiscoveryCounters } from "./counters.ts";
import type { Discoverer } from "./discoverer.ts";

export interface DiscoveryManagerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counters: DiscoveryCounters;
  /** Longest pause between two deliveries to a job that keeps changing; the first goes out at once (SD-5). */
  readonly throttleMs: number;
  /** Discoverers of a job's blocks; equal keys (over all jobs) share one running discoverer. */
  readonly discoverersOf: (configs: DiscoveryConfigs) => readonly { key: string; create: () => Discoverer }[];
  /** All groups of a job, whole, each time any of them changed. */
  readonly deliver: (jobName: string, groups: readonly TargetGroup[]) => void;
}

const PAUSE_MIN_MS = 100;

interface Provider {
  readonly groups: Map<string, TargetGroup>; // By source.
  readonly abort: AbortController;
  ended: Promise<void>;
  readonly jobs: Set<string>;
}

interface Job {
  providers: readonly string[];
  throttle: Timer | undefined; // Running: something was delivered less than `pauseMs` ago.
  pauseMs: number; // Doubles while changes keep coming, from PAUSE_MIN_MS.
  dirty: boolean; // Changed while the throttle was running.
}

/** Runs the discoverers of all jobs and hands each job its groups. */
export class DiscoveryManager {
  readonly #options: DiscoveryManagerOptions;
  readonly #providers = new Map<string, Provider>();
  readonly #jobs = new Map<string, Job>();

  constructor(options: DiscoveryManagerOptions) {
    this.#options = options;
  }

  /** Starts what is new, stops what is gone, leaves alone what did not change (CFG-109). */
  apply(wanted: readonly { readonly jobName: string; readonly discovery: DiscoveryConfigs }[]): void {
    const names = new Set(wanted.map(({ jobName }) => jobName));
    for (const [jobName, job] of this.#jobs) {
      if (names.has(jobName)) continue;
      job.throttle?.cancel();
      this.#jobs.delete(jobName);
      this.#forget(jobName, job.providers);
    }
    for (const { jobName, discovery } of wanted) this.#applyJob(jobName, discovery);
  }

  /** Targets known to discovery, before relabelling, by job. */
  discoveredCounts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const [jobName, job] of this.#jobs) {
      counts.set(
        jobName,
        this.#groupsOf(job).reduce((sum, group) => sum + group.targets.length, 0),
      );
    }
    return counts;
  }

  /** Stops everything; resolves when all discoverers have ended. */
  async stop(): Promise<void> {
    for (const job of this.#jobs.values()) job.throttle?.cancel();
    this.#jobs.clear();
    const running = [...this.#providers.values()];
    this.#providers.clear();
    for (const provider of running) provider.abort.abort();
    await Promise.all(running.map(({ ended }) => ended));
  }

  #applyJob(jobName: string, discovery: DiscoveryConfigs): void {
    const wanted = this.#options.discoverersOf(discovery);
    const known = this.#jobs.get(jobName);
    const job: Job = known ?? { providers: [], throttle: undefined, pauseMs: PAUSE_MIN_MS, dirty: false };
    const before = job.providers;
    job.providers = wanted.map(({ key }) => key);
    this.#jobs.set(jobName, job);
    for (const { key, create } of wanted) {
      const running = this.#providers.get(key);
      if (running === undefined) this.#startProvider(key, create(), jobName);
      else running.jobs.add(jobName);
    }
    this.#forget(
      jobName,
      before.filter((key) => !job.providers.includes(key)),
    );
    // A reload shows its effect at once, whatever was delivered a moment ago.
    job.throttle?.cancel();
    job.throttle = undefined;
    job.dirty = false;
    // A new job whose discoverers have not answered yet has nothing to say.
    if (known !== undefined || this.#groupsOf(job).length > 0) this.#send(jobName);
  }

  #startProvider(key: string, discoverer: Discoverer, firstJob: string): void {
    const abort = new AbortController();
    const provider: Provider = {
      groups: new Map(),
      abort,
      ended: Promise.resolve(),
      jobs: new Set([firstJob]),
    };
    this.#providers.set(key, provider);
    let started = false;
    // The rest of the key may hold secrets.
    const mechanism = key.slice(0, key.indexOf("/"));
    provider.ended = discoverer
      .run((groups) => this.#receive(provider, groups, started), abort.signal)
      .catch((error: unknown) => {
        this.#options.logger.error("discovery stopped", { discovery: mechanism, error: errorText(error) });
      });
    started = true;
  }

  // What comes before `run` has returned is sent by #applyJob, together with the job's other blocks.
  #receive(provider: Provider, groups: readonly TargetGroup[], sendNow: boolean): void {
    if (provider.abort.signal.aborted) return;
    this.#options.counters.receivedUpdates++;
    for (const group of groups) {
      if (group.targets.length === 0) provider.groups.delete(group.source);
      else provider.groups.set(group.source, group);
    }
    if (sendNow) for (const jobName of provider.jobs) this.#send(jobName);
  }

  #send(jobName: string): void {
    const job = this.#jobs.get(jobName);
    if (job === undefined) return;
    if (job.throttle !== undefined) {
      this.#options.counters.delayedUpdates++;
      job.dirty = true;
      return;
    }
    job.throttle = this.#options.clock.after(job.pauseMs, () => {
      job.throttle = undefined;
      job.pauseMs = job.dirty ? Math.min(this.#options.throttleMs, job.pauseMs * 2) : PAUSE_MIN_MS;
      if (job.dirty) {
        job.dirty = false;
        this.#send(jobName);
      }
    });
    this.#options.counters.sentUpdates++;
    this.#options.deliver(jobName, this.#groupsOf(job));
  }

  #forget(jobName: string, keys: readonly string[]): void {
    for (const key of keys) {
      const provider = this.#providers.get(key);
      provider?.jobs.delete(jobName);
      if (provider?.jobs.size === 0) {
        provider.abort.abort();
        this.#providers.delete(key);
      }
    }
  }

  #groupsOf(job: Job): TargetGroup[] {
    const groups: TargetGroup[] = [];
    for (const key of job.providers) {
      for (const group of this.#providers.get(key)?.groups.values() ?? []) {
        groups.push({ ...group, source: `${key}/${group.source}` });
      }
    }
    return groups;
  }
}
