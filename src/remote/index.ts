export { createRemoteWriteReceiver } from "./receive.ts";
export type {
  ReceiverOptions,
  RemoteWriteCounters,
  RemoteWriteReceiver,
  RemoteWriteRequest,
  RemoteWriteResult,
} from "./receive.ts";
