export { createDiscoveryCounters, type DiscoveryCounters } from "./counters.ts";
export type { Discoverer } from "./discoverer.ts";
export type { DnsServer } from "./dns/resolv-conf.ts";
export { DiscoveryManager, type DiscoveryManagerOptions } from "./manager.ts";
export { discoverersFor, type MechanismOptions } from "./mechanisms.ts";
