import type { ActiveTarget, TargetsView } from "./api/index.ts";
import type { ScrapeTargets } from "./scrape/index.ts";

/** Scraping as the API wants to see it. */
export function createTargetsView(targets: ScrapeTargets): TargetsView {
  return {
    pools: () => targets.pools(),
    active: () =>
      targets
        .active()
        .map(({ key, ...target }): ActiveTarget =>
          Object.assign(target, { metadata: (metric?: string) => targets.metadata(key, metric) }),
        ),
    dropped: () => targets.dropped(),
    droppedCounts: () => targets.droppedCounts(),
  };
}
