import type { StaticConfig } from "../config/index.ts";
import { labelsFromRecord, type TargetGroup } from "../model/index.ts";
import type { Discoverer } from "./discoverer.ts";

/** Delivers the targets written in the configuration once; one group for each entry. Source: spec SD-8, SD-9. */
export function createStaticDiscoverer(configs: readonly StaticConfig[]): Discoverer {
  const groups: TargetGroup[] = configs.map((config, index) => ({
    source: String(index),
    labels: config.labels,
    targets: config.targets.map((address) => labelsFromRecord({ __address__: address })),
  }));
  return {
    run(deliver) {
      deliver(groups);
      return Promise.resolve();
    },
  };
}
