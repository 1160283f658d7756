// Reading the log back into an empty head.

import { errorText, MalformedBytesError, type Logger } from "../../base/index.ts";
import type { Head } from "../head/head.ts";
import type { LogPart } from "./commit.ts";
import { isDamage, type HeadDatabase } from "./database.ts";
import { DefinitionReader, type SeriesDeletion } from "./definitions.ts";
import { RowReplay } from "./replay-rows.ts";

export interface ReplayOutcome {
  readonly deletions: readonly SeriesDeletion[];
  /** Stretches of the log that were damaged and left out. */
  readonly corruptions: number;
  /** Whether the numbers of the definitions in the log are those of the head. */
  readonly isExact: boolean;
  readonly definitionBytes: number;
  /** Whether the database itself is damaged, so that nothing more should be written to it. */
  readonly isMalformed: boolean;
}

const CHECKSUM_DIFFERS = "its checksum differs, or what was before it is gone";

/**
 * Brings back all that was committed. A damaged stretch costs itself and the rows that build on it; it is logged
 * and counted. Spec TSDB-43, TSDB-44.
 */
export function replayLog(head: Head, database: HeadDatabase, logger: Logger): ReplayOutcome {
  const replay = new Replay(head, database, logger);
  replay.definitions();
  const parts = replay.parts();
  replay.scan(parts);
  for (const part of parts) replay.rows(part);
  return replay.outcome();
}

class Replay {
  readonly #head: Head;
  readonly #database: HeadDatabase;
  readonly #logger: Logger;
  readonly #definitions: DefinitionReader;
  readonly #rows: RowReplay;
  #definitionBytes = 0;
  #corruptions = 0;
  #isMalformed = false;

  constructor(head: Head, database: HeadDatabase, logger: Logger) {
    this.#head = head;
    this.#database = database;
    this.#logger = logger;
    this.#definitions = new DefinitionReader(head);
    this.#rows = new RowReplay(head);
  }

  definitions(): void {
    this.#guard("definitions", () => {
      for (const { seq, records, isSound } of this.#database.definitions()) {
        this.#definitionBytes += records.length;
        const reason = isSound ? readBlob(() => this.#definitions.read(records)) : CHECKSUM_DIFFERS;
        if (reason !== undefined) this.#report(`definitions ${seq}`, reason);
      }
    });
  }

  parts(): LogPart[] {
    let parts: LogPart[] = [];
    this.#guard("list of the log's parts", () => (parts = this.#database.parts()));
    return parts;
  }

  /** Finds the seals. What is damaged is reported when it is replayed. */
  scan(parts: readonly LogPart[]): void {
    for (const part of parts.filter(({ kind }) => kind === "log")) {
      try {
        for (const { records, isSound } of this.#database.blobs(part.name)) {
          if (isSound) readBlob(() => this.#rows.scan(records, part.number));
        }
      } catch (error) {
        if (!isDamage(error)) throw error;
      }
    }
  }

  rows(part: LogPart): void {
    this.#rows.startWindow();
    this.#guard(part.name, () => {
      for (const { seq, records, isSound } of this.#database.blobs(part.name)) {
        const reason = isSound ? readBlob(() => this.#replay(part, records)) : CHECKSUM_DIFFERS;
        if (reason === undefined) continue;
        this.#report(`${part.name} ${seq}`, reason);
        this.#rows.skipLost();
      }
    });
  }

  #replay({ kind, number }: LogPart, records: Uint8Array): void {
    switch (kind) {
      case "log":
        this.#rows.replay(records, number);
        break;
      case "late":
        this.#head.late.replay(number, records);
        break;
      case "exemplars":
        this.#head.exemplars.replay(number, records);
        break;
    }
  }

  outcome(): ReplayOutcome {
    const { rowsLost } = this.#rows;
    if (rowsLost > 0)
      this.#logger.error("rows of the log that build on lost ones were left out", { rowsLost });
    return {
      deletions: this.#definitions.deletions,
      corruptions: this.#corruptions,
      isExact: this.#definitions.isExact(),
      definitionBytes: this.#definitionBytes,
      isMalformed: this.#isMalformed,
    };
  }

  // What lies behind a page that the database cannot follow is lost to it.
  #guard(where: string, read: () => void): void {
    try {
      read();
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#isMalformed = true;
      this.#report(where, errorText(error));
    }
  }

  #report(where: string, reason: string): void {
    this.#corruptions++;
    this.#logger.error("damaged stretch of the log left out", { file: this.#database.path, where, reason });
  }
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
