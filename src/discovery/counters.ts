/** What discovery counts for the server's own metrics (SD-7). Only ever grows, except the gauges of a job. */
export interface DiscoveryCounters {
  dnsLookups: number;
  dnsLookupFailures: number;
  refreshFailures: number;
  receivedUpdates: number;
  sentUpdates: number;
  delayedUpdates: number;
}

export function createDiscoveryCounters(): DiscoveryCounters {
  return {
    dnsLookups: 0,
    dnsLookupFailures: 0,
    refreshFailures: 0,
    receivedUpdates: 0,
    sentUpdates: 0,
    delayedUpdates: 0,
  };
}
