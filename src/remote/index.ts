export { createRemoteWriteReceiver } from "./receive.ts";
export type {
  RemoteWriteCounters,
  RemoteWriteReceiver,
  RemoteWriteRequest,
  RemoteWriteResult,
} from "./receive.ts";
