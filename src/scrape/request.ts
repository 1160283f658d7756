import type { NameEscaping, ScrapeConfig, ScrapeProtocol } from "../config/index.ts";
import { formatFloatPlain } from "../model/index.ts";

const FIRST_WEIGHT = 6; // Tenths.

/** Headers of every request to a target; names in small letters (SCR-17). */
export function scrapeHeaders(
  config: ScrapeConfig,
  timeoutMs: number,
  userAgent: string,
): Record<string, string> {
  return {
    accept: acceptHeader(config.scrapeProtocols, config.nameEscaping),
    "accept-encoding": config.enableCompression ? "gzip" : "identity",
    "user-agent": userAgent,
    "x-prometheus-scrape-timeout-seconds": formatFloatPlain(timeoutMs / 1000),
  };
}

/** The formats of the job in its order and with falling weights; anything else comes last (SCR-18). */
export function acceptHeader(protocols: readonly ScrapeProtocol[], escaping: NameEscaping): string {
  let weight = FIRST_WEIGHT;
  const parts = protocols.map((protocol) => `${mediaType(protocol, escaping)};q=0.${weight--}`);
  parts.push(`*/*;q=0.${weight}`);
  return parts.join(",");
}

function mediaType(protocol: ScrapeProtocol, escaping: NameEscaping): string {
  switch (protocol) {
    case "PrometheusProto":
      return "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
    case "PrometheusText0.0.4":
      return "text/plain;version=0.0.4";
    case "PrometheusText1.0.0":
      return `text/plain;version=1.0.0;escaping=${escaping}`;
    case "OpenMetricsText0.0.1":
      return "application/openmetrics-text;version=0.0.1";
    case "OpenMetricsText1.0.0":
      return `application/openmetrics-text;version=1.0.0;escaping=${escaping}`;
  }
}
