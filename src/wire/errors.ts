import { NarthexError } from "../base/index.ts";

/** Bytes from the network that are not what they claim to be; sending them again does not help. */
export class WireError extends NarthexError {
  override readonly name = "WireError";
  readonly errorType = "bad_data";
}
