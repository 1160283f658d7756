export { encodeMetricFamilies } from "./metric-family-encode.ts";
export type { ClassicBucket, Metric, MetricFamily, MetricValue } from "./metric-family-encode.ts";
export { decodeReadRequest, type ReadQuery, type ReadRequest } from "./read-request.ts";
export { ReadResponseEncoder } from "./read-response-encode.ts";
export { decodeSnappy, encodeSnappy } from "./snappy.ts";
export { encodeWriteRequest } from "./write-request-encode.ts";
export { decodeRemoteWrite, decodeWriteRequest } from "./write-request.ts";
export type { ReceivedSeries } from "./write-request.ts";
