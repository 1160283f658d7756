import type { Answer } from "dns-packet";
import { errorText, sleep, type Clock, type Logger } from "../../base/index.ts";
import type { DnsSdConfig } from "../../config/index.ts";
import { labelsFromRecord, NO_LABELS, type Labels, type TargetGroup } from "../../model/index.ts";
import { countRefreshFailure, type DiscoveryCounters } from "../counters.ts";
import type { Discoverer } from "../discoverer.ts";
import { lookUp } from "./lookup.ts";
import type { ResolvConf } from "./resolv-conf.ts";

export interface DnsDiscoveryOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counters: DiscoveryCounters;
  /** Called at every refresh. */
  readonly resolvConf: () => Promise<ResolvConf>;
}

/**
 * Finds targets through DNS records, one group for each name. A name that cannot be resolved keeps its last
 * targets; one that has no records loses them. Source: spec SD-19 to SD-22.
 */
export function createDnsDiscoverer(config: DnsSdConfig, options: DnsDiscoveryOptions): Discoverer {
  const { clock, logger, counters } = options;
  const failing = new Set<string>();

  async function refreshName(
    name: string,
    conf: ResolvConf,
    signal: AbortSignal,
  ): Promise<TargetGroup | undefined> {
    counters.dnsLookups++;
    try {
      const records = await lookUp(conf, { name, type: config.type }, signal);
      if (failing.delete(name)) logger.info("DNS discovery works again", { name });
      return {
        source: name,
        labels: NO_LABELS,
        targets: records.map((record) => targetOf(record, name, config.port)),
      };
    } catch (error) {
      if (signal.aborted) return undefined;
      counters.dnsLookupFailures++;
      countRefreshFailure(counters, "dns");
      if (!failing.has(name)) {
        failing.add(name);
        logger.error("DNS discovery failed; the last targets stay", { name, error: errorText(error) });
      }
      return undefined;
    }
  }

  return {
    async run(deliver, signal) {
      while (!signal.aborted) {
        const conf = await options.resolvConf();
        const groups = await Promise.all(config.names.map((name) => refreshName(name, conf, signal)));
        if (signal.aborted) return;
        deliver(groups.filter((group) => group !== undefined));
        await sleep(clock, config.refreshIntervalMs, signal).catch((error: unknown) => {
          if (!signal.aborted) throw error;
        });
      }
    },
  };
}

function targetOf(record: Answer, name: string, port: number): Labels {
  const labels: Record<string, string> = { __meta_dns_name: name };
  switch (record.type) {
    case "A":
    case "AAAA":
      labels["__address__"] = hostPort(record.data, port);
      break;
    case "SRV":
      labels["__address__"] = hostPort(record.data.target, record.data.port);
      labels["__meta_dns_srv_record_target"] = rooted(record.data.target);
      labels["__meta_dns_srv_record_port"] = String(record.data.port);
      break;
    case "MX":
      labels["__address__"] = hostPort(record.data.exchange, port);
      labels["__meta_dns_mx_record_target"] = rooted(record.data.exchange);
      break;
    case "NS":
      labels["__address__"] = hostPort(record.data, port);
      labels["__meta_dns_ns_record_target"] = rooted(record.data);
      break;
    default:
      throw new Error(`asked for other records than ${record.type}`);
  }
  return labelsFromRecord(labels);
}

function hostPort(host: string, port: number): string {
  const bare = host.replace(/\.$/, "");
  return bare.includes(":") ? `[${bare}]:${port}` : `${bare}:${port}`;
}

// Record targets carry their trailing dot in meta labels (SD-21), which the decoder leaves off.
function rooted(name: string): string {
  return name.endsWith(".") ? name : `${name}.`;
}
