export { createFederation } from "./federate.ts";
export type { Federation, FederationRequest } from "./federate.ts";
export { createRemoteReader, type RemoteReader, type RemoteReadResult } from "./read.ts";
export { createRemoteWriteReceiver } from "./receive.ts";
export type {
  RemoteWriteCounters,
  RemoteWriteReceiver,
  RemoteWriteRequest,
  RemoteWriteResult,
} from "./receive.ts";
