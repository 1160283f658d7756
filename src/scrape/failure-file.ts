import { createWriteStream } from "node:fs";
import type { Logger } from "../base/index.ts";
import type { FailureLog } from "./environment.ts";

/** A failure log in a file, which is added to (SCR-53). When it can't be written, that is logged once. */
export function openFailureFile(file: string, logger: Logger): FailureLog {
  const stream = createWriteStream(file, { flags: "a" });
  let broken = false;
  stream.on("error", (error) => {
    if (!broken) logger.error("scrape failure log can't be written", { file, err: error.message });
    broken = true;
  });
  return {
    write(line) {
      if (!broken) stream.write(line);
    },
    close() {
      stream.end();
    },
  };
}
