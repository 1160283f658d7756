export { WireError } from "./errors.ts";
export { decodeSnappy, encodeSnappy } from "./snappy.ts";
export { encodeWriteRequest } from "./write-request-encode.ts";
export { decodeRemoteWrite, decodeWriteRequest } from "./write-request.ts";
export type { DecodedWriteRequest, ReceivedSeries, WriteLimits } from "./write-request.ts";
