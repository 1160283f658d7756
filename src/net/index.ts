export type { Dial } from "./dialer.ts";
export { FetchError, type FetchFailureKind } from "./failure.ts";
export { HttpClient } from "./http-client.ts";
export type { FetchRequest, FetchResponse, HttpClientOptions } from "./http-client.ts";
export { parseWrittenUrl, UrlError, type WrittenUrl } from "./written-url.ts";
