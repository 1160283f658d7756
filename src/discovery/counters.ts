/** What discovery counts for the server's own metrics (SD-7). Only ever grows, except the gauges of a job. */
export interface DiscoveryCounters {
  dnsLookups: number;
  dnsLookupFailures: number;
  /** By mechanism, e.g. `dns`. */
  readonly refreshFailures: Map<string, number>;
  httpFailures: number;
  fileReadErrors: number;
  receivedUpdates: number;
  sentUpdates: number;
  delayedUpdates: number;
}

export function createDiscoveryCounters(): DiscoveryCounters {
  return {
    dnsLookups: 0,
    dnsLookupFailures: 0,
    refreshFailures: new Map(),
    httpFailures: 0,
    fileReadErrors: 0,
    receivedUpdates: 0,
    sentUpdates: 0,
    delayedUpdates: 0,
  };
}

export function countRefreshFailure({ refreshFailures }: DiscoveryCounters, mechanism: string): void {
  refreshFailures.set(mechanism, (refreshFailures.get(mechanism) ?? 0) + 1);
}
