export { decodeSnappy, encodeSnappy } from "./snappy.ts";
export { encodeWriteRequest } from "./write-request-encode.ts";
export { decodeRemoteWrite, decodeWriteRequest } from "./write-request.ts";
export type { ReceivedSeries } from "./write-request.ts";
