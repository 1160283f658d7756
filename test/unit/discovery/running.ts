import { silentLogger } from "../../../src/base/index.ts";
import { NO_DISCOVERY, type DiscoveryConfigs } from "../../../src/config/index.ts";
import { createDiscoveryCounters, discoverersFor } from "../../../src/discovery/index.ts";
import { labelsToRecord, type TargetGroup } from "../../../src/model/index.ts";
import { HttpClient } from "../../../src/net/index.ts";
import { FakeClock } from "../../support/fake-clock.ts";

/** A group as plain data: the labels of each target with those of its group. */
export type PlainGroups = Record<string, Record<string, string>[]>;

/** One discoverer, running on a clock that is moved by hand. */
export interface Running {
  readonly clock: FakeClock;
  readonly counters: ReturnType<typeof createDiscoveryCounters>;
  /** All groups that hold targets now, by source. */
  groups(): PlainGroups;
  /** How often the discoverer has delivered or failed. */
  updateCount(): number;
  /** Resolves when it has done so `count` times. */
  updates(count: number): Promise<void>;
  stop(): Promise<void>;
}

export function runDiscovery(
  blocks: Partial<DiscoveryConfigs>,
  environment: Readonly<Record<string, string>> = {},
): Running {
  const clock = new FakeClock();
  const counters = createDiscoveryCounters();
  const [entry] = discoverersFor({
    clock,
    logger: silentLogger,
    counters,
    userAgent: "test-agent",
    environment,
    createClient: (options) => new HttpClient(options),
  })({ ...NO_DISCOVERY, ...blocks });
  const known = new Map<string, TargetGroup>();
  const abort = new AbortController();
  let delivered = 0;
  const running = entry!.create().run((groups) => {
    delivered++;
    for (const group of groups) {
      if (group.targets.length === 0) known.delete(group.source);
      else known.set(group.source, group);
    }
  }, abort.signal);
  const failures = (): number =>
    [...counters.refreshFailures.values()].reduce((sum, each) => sum + each, 0) + counters.fileReadErrors;
  return {
    clock,
    counters,
    groups: () => Object.fromEntries([...known].map(([source, group]) => [source, plainTargets(group)])),
    updateCount: () => delivered + failures(),
    async updates(count) {
      while (delivered + failures() < count) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    async stop() {
      abort.abort();
      await running;
    },
  };
}

function plainTargets({ labels, targets }: TargetGroup): Record<string, string>[] {
  return targets.map((target) => ({ ...labelsToRecord(labels), ...labelsToRecord(target) }));
}
