export type { Dial } from "./dialer.ts";
export { FetchError } from "./failure.ts";
export { HttpClient } from "./http-client.ts";
export type { FetchRequest, FetchResponse, HttpClientOptions } from "./http-client.ts";
export { parseWrittenUrl, type WrittenUrl } from "./written-url.ts";
