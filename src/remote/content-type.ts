import { NarthexError } from "../base/index.ts";

export const V1_MESSAGE = "prometheus.WriteRequest";
export const V2_MESSAGE = "io.prometheus.write.v2.Request";

const MEDIA_TYPE = "application/x-protobuf";

/** A request in a form that this server does not take; HTTP 415. */
export class RemoteWriteTypeError extends NarthexError {
  override readonly name = "RemoteWriteTypeError";
  readonly errorType = "bad_data";
}

/**
 * The protobuf message that a Content-Type announces; no Content-Type means 1.0. Source: spec RCV-2.
 * @throws RemoteWriteTypeError
 */
export function messageOf(contentType: string): typeof V1_MESSAGE | typeof V2_MESSAGE {
  if (contentType === "") return V1_MESSAGE;
  const [media, ...parameters] = contentType.split(";");
  if (media!.trim() !== MEDIA_TYPE) {
    throw new RemoteWriteTypeError(
      `expected ${MEDIA_TYPE} as the first (media) part, got ${contentType} content-type`,
    );
  }
  for (const parameter of parameters) {
    const [key, value, ...rest] = parameter.split("=");
    if (value === undefined || rest.length > 0) {
      throw new RemoteWriteTypeError(
        "as per https://www.rfc-editor.org/rfc/rfc9110#parameter expected parameters to be key-values, " +
          `got ${parameter} in ${contentType} content-type`,
      );
    }
    if (key!.trim() !== "proto") continue;
    if (value === V1_MESSAGE || value === V2_MESSAGE) return value;
    throw new RemoteWriteTypeError(
      `got ${contentType} content type; unknown remote write protobuf message ${value}, ` +
        `supported: ${V1_MESSAGE}, ${V2_MESSAGE}`,
    );
  }
  return V1_MESSAGE;
}
