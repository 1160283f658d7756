import { readFile } from "node:fs/promises";
import type { Clock, Logger } from "../base/index.ts";
import type { DiscoveryConfigs } from "../config/index.ts";
import type { HttpClient, HttpClientOptions } from "../net/index.ts";
import type { DiscoveryCounters } from "./counters.ts";
import type { Discoverer } from "./discoverer.ts";
import { createConsulDiscoverer } from "./consul.ts";
import { createDnsDiscoverer } from "./dns/discoverer.ts";
import { createDockerDiscoverer, createSwarmDiscoverer } from "./docker/discoverer.ts";
import { parseResolvConf, type DnsServer, type ResolvConf } from "./dns/resolv-conf.ts";
import { createFileDiscoverer } from "./file.ts";
import { createHttpDiscoverer } from "./http.ts";
import { createKubernetesDiscoverer } from "./kubernetes/discoverer.ts";
import { createStaticDiscoverer } from "./static.ts";

export interface MechanismOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counters: DiscoveryCounters;
  readonly userAgent: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** For requests to the servers that are asked. */
  readonly createClient: (options: HttpClientOptions) => HttpClient;
  /** Asked instead of the servers of resolv.conf; for demos and tests. */
  readonly nameservers?: readonly DnsServer[];
}

const RESOLV_CONF = "/etc/resolv.conf";

interface KeyedDiscoverer {
  readonly key: string;
  readonly create: () => Discoverer;
}

/** The table of discovery mechanisms: turns a job's blocks into discoverers, equal blocks with equal keys. */
export function discoverersFor(options: MechanismOptions): (configs: DiscoveryConfigs) => KeyedDiscoverer[] {
  const dns = { ...options, resolvConf: () => readResolvConf(options.nameservers) };
  return (configs) => [
    // All entries of a job are one block.
    ...keyed("static", configs.static.length === 0 ? [] : [configs.static], createStaticDiscoverer),
    ...keyed("dns", configs.dns, (config) => createDnsDiscoverer(config, dns)),
    ...keyed("file", configs.file, (config) => createFileDiscoverer(config, options)),
    ...keyed("http", configs.http, (config) => {
      const client = options.createClient({ config: config.httpClient });
      return createHttpDiscoverer(config, { ...options, client });
    }),
    ...keyed("docker", configs.docker, (config) => createDockerDiscoverer(config, options)),
    ...keyed("consul", configs.consul, (config) => createConsulDiscoverer(config, options)),
    ...keyed("kubernetes", configs.kubernetes, (config) => createKubernetesDiscoverer(config, options)),
    ...keyed("dockerswarm", configs.dockerSwarm, (config) => createSwarmDiscoverer(config, options)),
  ];
}

function keyed<Config>(
  mechanism: string,
  configs: readonly Config[],
  create: (config: Config) => Discoverer,
): KeyedDiscoverer[] {
  return configs.map((config) => ({
    key: `${mechanism}/${JSON.stringify(config)}`,
    create: () => create(config),
  }));
}

async function readResolvConf(nameservers: readonly DnsServer[] | undefined): Promise<ResolvConf> {
  if (nameservers !== undefined) return { servers: nameservers, search: [], ndots: 1 };
  return parseResolvConf(await readFile(RESOLV_CONF, "utf8"));
}
