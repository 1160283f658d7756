import { readFile } from "node:fs/promises";
import type { Clock, Logger } from "../base/index.ts";
import type { DiscoveryConfigs } from "../config/index.ts";
import type { DiscoveryCounters } from "./counters.ts";
import type { Discoverer } from "./discoverer.ts";
import { createDnsDiscoverer } from "./dns/discoverer.ts";
import { parseResolvConf, type DnsServer, type ResolvConf } from "./dns/resolv-conf.ts";
import { createStaticDiscoverer } from "./static.ts";

export interface MechanismOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counters: DiscoveryCounters;
  /** Asked instead of the servers of resolv.conf; for demos and tests. */
  readonly nameservers?: readonly DnsServer[];
}

const RESOLV_CONF = "/etc/resolv.conf";

/** The table of discovery mechanisms: turns a job's blocks into discoverers, equal blocks with equal keys. */
export function discoverersFor(
  options: MechanismOptions,
): (configs: DiscoveryConfigs) => { key: string; create: () => Discoverer }[] {
  const dns = { ...options, resolvConf: () => readResolvConf(options.nameservers) };
  return (configs) => [
    ...(configs.static.length === 0
      ? []
      : [
          {
            key: `static/${JSON.stringify(configs.static)}`,
            create: () => createStaticDiscoverer(configs.static),
          },
        ]),
    ...configs.dns.map((config) => ({
      key: `dns/${JSON.stringify(config)}`,
      create: () => createDnsDiscoverer(config, dns),
    })),
  ];
}

async function readResolvConf(nameservers: readonly DnsServer[] | undefined): Promise<ResolvConf> {
  if (nameservers !== undefined) return { servers: nameservers, search: [], ndots: 1 };
  return parseResolvConf(await readFile(RESOLV_CONF, "utf8"));
}
