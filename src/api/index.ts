export type {
  ActiveTarget,
  ApiParts,
  ApiSettings,
  BuildInfo,
  ConfigView,
  DroppedTarget,
  ExternalUrl,
  MetricMetadata,
  ReloadState,
  ServerControl,
  TargetHealth,
  TargetsView,
} from "./dependencies.ts";
export { ListenError } from "./listen.ts";
export { createServerMetrics, type MetricSources, type ServerMetrics } from "./metrics/server-metrics.ts";
export { createApiServer, type ApiServer } from "./server.ts";
