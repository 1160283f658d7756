// Reading the log back into an empty head.

import { errorText, MalformedBytesError, type Logger } from "../../base/index.ts";
import type { Head } from "../head/head.ts";
import type { HeadDatabase } from "./database.ts";
import { DefinitionReader, type SeriesDeletion } from "./definitions.ts";
import { replayRows, type ReplayState } from "./row-records.ts";

export interface ReplayOutcome {
  readonly deletions: readonly SeriesDeletion[];
  /** Stretches of the log that were damaged and left out. */
  readonly corruptions: number;
  /** Whether the numbers of the definitions in the log are those of the head. */
  readonly isExact: boolean;
}

/**
 * Brings back all that was committed. A damaged stretch costs itself and the rows that build on it; it is logged
 * and counted. Spec TSDB-43, TSDB-44.
 */
export function replayLog(head: Head, database: HeadDatabase, logger: Logger): ReplayOutcome {
  let corruptions = 0;
  const report = (what: string, reason: string): void => {
    corruptions++;
    logger.error("damaged stretch of the log left out", { file: database.path, where: what, reason });
  };
  const definitions = new DefinitionReader(head);
  for (const { seq, records, isSound } of database.definitions()) {
    const reason = isSound ? readBlob(() => definitions.read(records)) : "checksum differs";
    if (reason !== undefined) report(`definitions ${seq}`, reason);
  }
  for (const windowStart of database.windows()) {
    const state: ReplayState = { windowStart, sound: undefined, rowsLost: 0 };
    for (const { seq, records, isSound } of database.rows(windowStart)) {
      const reason = isSound ? readBlob(() => replayRows(head, records, state)) : "checksum differs";
      if (reason === undefined) continue;
      report(`log_${windowStart} ${seq}`, reason);
      state.sound = new Set();
    }
    if (state.rowsLost > 0) logger.error("rows of the log were lost", { windowStart, rows: state.rowsLost });
  }
  return { deletions: definitions.deletions, corruptions, isExact: definitions.isExact() };
}

// Why the blob could not be read to its end, or undefined.
function readBlob(read: () => void): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof MalformedBytesError) return errorText(error);
    throw error;
  }
}
