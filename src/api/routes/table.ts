import type { ApiEndpoint } from "../endpoint.ts";
import { cleanTombstones, deleteSeries, snapshot } from "./admin.ts";
import { queryExemplars } from "./exemplars.ts";
import { formatQuery, parseQuery, query, queryRange } from "./query.ts";
import { alertmanagers, alerts, rules } from "./rules.ts";
import { relabelSteps, scrapePoolConfig, scrapePools } from "./scrape-pools.ts";
import { dropSeries, labelNames, labelValues, series } from "./series.ts";
import {
  features,
  statusBuildInfo,
  statusConfig,
  statusBlocks,
  statusFlags,
  statusRuntimeInfo,
  statusTsdb,
} from "./status.ts";
import { metadata, targets, targetsMetadata } from "./targets.ts";

type Method = "GET" | "POST" | "PUT" | "DELETE";

/** One path below `/api/v1`; each method has its endpoint. */
export interface ApiRoute {
  readonly path: string;
  readonly methods: Readonly<Partial<Record<Method, ApiEndpoint>>>;
  /** Changes state, so browsers may call it only from the server's own pages (SEC-5). */
  readonly changesState?: boolean;
}

/** The JSON endpoints. Source: spec grafana, complete route table; API-33 to API-66. */
export const API_ROUTES: readonly ApiRoute[] = [
  { path: "/query", methods: { GET: query, POST: query } },
  { path: "/query_range", methods: { GET: queryRange, POST: queryRange } },
  { path: "/query_exemplars", methods: { GET: queryExemplars, POST: queryExemplars } },
  { path: "/format_query", methods: { GET: formatQuery, POST: formatQuery } },
  { path: "/parse_query", methods: { GET: parseQuery, POST: parseQuery } },
  { path: "/labels", methods: { GET: labelNames, POST: labelNames } },
  { path: "/label/:name/values", methods: { GET: labelValues } },
  { path: "/series", methods: { GET: series, POST: series, DELETE: dropSeries } },
  { path: "/scrape_pools", methods: { GET: scrapePools } },
  { path: "/scrape_pools/config", methods: { GET: scrapePoolConfig } },
  { path: "/targets", methods: { GET: targets } },
  { path: "/targets/metadata", methods: { GET: targetsMetadata } },
  { path: "/targets/relabel_steps", methods: { GET: relabelSteps } },
  { path: "/metadata", methods: { GET: metadata } },
  { path: "/rules", methods: { GET: rules } },
  { path: "/alerts", methods: { GET: alerts } },
  { path: "/alertmanagers", methods: { GET: alertmanagers } },
  { path: "/features", methods: { GET: features } },
  { path: "/status/config", methods: { GET: statusConfig } },
  { path: "/status/flags", methods: { GET: statusFlags } },
  { path: "/status/runtimeinfo", methods: { GET: statusRuntimeInfo } },
  { path: "/status/buildinfo", methods: { GET: statusBuildInfo } },
  { path: "/status/tsdb", methods: { GET: statusTsdb } },
  { path: "/status/tsdb/blocks", methods: { GET: statusBlocks } },
  {
    path: "/admin/tsdb/delete_series",
    methods: { POST: deleteSeries, PUT: deleteSeries },
    changesState: true,
  },
  {
    path: "/admin/tsdb/clean_tombstones",
    methods: { POST: cleanTombstones, PUT: cleanTombstones },
    changesState: true,
  },
  { path: "/admin/tsdb/snapshot", methods: { POST: snapshot, PUT: snapshot }, changesState: true },
];
