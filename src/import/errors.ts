import { NarthexError } from "../base/index.ts";

/** What is to be taken over is damaged, incomplete or of a kind that is not known; nothing of it is kept. */
export class ImportError extends NarthexError {
  override readonly name = "ImportError";
  readonly errorType = "bad_data";
}

/** `<file> is damaged at byte <offset>: <reason>`. */
export function damaged(
  file: string,
  offsetBytes: number,
  reason: string,
  options?: ErrorOptions,
): ImportError {
  return new ImportError(`${file} is damaged at byte ${offsetBytes}: ${reason}`, options);
}
