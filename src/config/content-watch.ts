import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { errorText, type Clock, type Timer } from "../base/index.ts";

export interface ContentWatchOptions {
  readonly clock: Clock;
  readonly intervalMs: number;
  /** Asked at each look, since a new configuration may name other files. */
  readonly files: () => readonly string[];
  /** Called after a look that found the files' content changed. */
  readonly changed: () => void;
}

/**
 * Looks at files again and again and tells when their content changes; a file that cannot be read counts as content
 * too, so that its going and coming are changes. Source: spec CLI-2, CLI-3, CFG-100.
 * @returns how to stop.
 */
export function watchContent(options: ContentWatchOptions): Timer {
  let known = contentHash(options.files());
  let timer: Timer | undefined;
  const look = (): void => {
    const found = contentHash(options.files());
    if (found !== known) {
      known = found;
      options.changed();
    }
    timer = options.clock.after(options.intervalMs, look);
  };
  timer = options.clock.after(options.intervalMs, look);
  return { cancel: () => timer?.cancel() };
}

function contentHash(files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) {
    hash.update(`${file.length}:${file}`);
    try {
      const content = readFileSync(file);
      hash.update(`${content.length}:`).update(content);
    } catch (error) {
      hash.update(errorText(error));
    }
  }
  return hash.digest("hex");
}
