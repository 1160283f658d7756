export { createDiscoveryCounters } from "./counters.ts";
export type { Discoverer } from "./discoverer.ts";
export type { DnsServer } from "./dns/resolv-conf.ts";
export { DiscoveryManager } from "./manager.ts";
export { discoverersFor } from "./mechanisms.ts";
