export type {
  ActiveTarget,
  ApiParts,
  ApiSettings,
  BuildInfo,
  ExternalUrl,
  MetricMetadata,
  ReloadState,
  TargetsView,
} from "./dependencies.ts";
export { createServerMetrics, type ServerMetrics } from "./metrics/server-metrics.ts";
export { createApiServer, type ApiServer } from "./server.ts";
