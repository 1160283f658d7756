import { isUtf8 } from "node:buffer";
import { NarthexError } from "../../base/index.ts";
import { goQuote } from "../../model/index.ts";

const QUOTED_BYTES_MAX = 1024;

/** A body that breaks the rules of its exposition format; the text is Prometheus's. */
export class ExpositionError extends NarthexError {
  override readonly name = "ExpositionError";
  readonly errorType = "bad_data";
}

/**
 * Bytes in double quotes as Go's `%q` shows them, bytes that are no UTF-8 as `\xff`. Cut after
 * 1,024 bytes, so that a hostile body can't blow up logs and answers.
 */
export function quoteBytes(bytes: Uint8Array): string {
  const shown = bytes.length > QUOTED_BYTES_MAX ? bytes.subarray(0, QUOTED_BYTES_MAX) : bytes;
  const cut = shown === bytes ? "" : ` (cut, ${bytes.length} bytes)`;
  if (isUtf8(shown)) return goQuote(Buffer.from(shown).toString("utf8")) + cut;
  let text = "";
  for (let at = 0; at < shown.length;) {
    const size = characterSize(shown, at);
    const bare =
      size === 0
        ? `\\x${shown[at]!.toString(16).padStart(2, "0")}`
        : goQuote(Buffer.from(shown.subarray(at, at + size)).toString("utf8")).slice(1, -1);
    text += bare;
    at += Math.max(1, size);
  }
  return `"${text}"${cut}`;
}

// Bytes of the valid UTF-8 character at `at`; 0 when there is none.
function characterSize(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!;
  const size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return at + size <= bytes.length && isUtf8(bytes.subarray(at, at + size)) ? size : 0;
}
