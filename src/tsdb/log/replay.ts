// Reading the log back into an empty head.

import { errorText, MalformedBytesError, type Logger } from "../../base/index.ts";
import type { Head } from "../head/head.ts";
import { tableId } from "../table/table-id.ts";
import type { LogPart } from "./commit.ts";
import { isDamage, type HeadDatabase } from "./database.ts";
import { DefinitionReader, type SeriesDeletion } from "./definitions.ts";
import { RowReplay } from "./replay-rows.ts";
import { scanLog, type PartScan } from "./scan.ts";

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
  return new Replay(head, database, logger).finish(scanLog(database));
}

/** A replay that has read the definitions. Spec TSDB-43, TSDB-44. */
export class Replay {
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
    this.#readDefinitions();
  }

  /** Brings the rows back, with what was found in the log as it is. */
  finish(scans: readonly PartScan[]): ReplayOutcome {
    for (const { tables, spans } of scans) {
      for (let i = 0; i < tables.length; i++) {
        this.#rows.noteSeal(tableId(tables[i]!), { first: spans[2 * i]!, last: spans[2 * i + 1]! });
      }
    }
    const scanOf = new Map(scans.map((scan) => [scan.name, scan]));
    for (const part of this.#parts()) this.#readRows(part, scanOf.get(part.name));
    return this.#outcome();
  }

  #readDefinitions(): void {
    this.#guard("definitions", () => {
      for (const { seq, records, isSound } of this.#database.definitions()) {
        this.#definitionBytes += records.length;
        const reason = isSound ? readBlob(() => this.#definitions.read(records)) : CHECKSUM_DIFFERS;
        if (reason !== undefined) this.#report(`definitions ${seq}`, reason);
      }
    });
  }

  #parts(): LogPart[] {
    let parts: LogPart[] = [];
    this.#guard("list of the log's parts", () => (parts = this.#database.parts()));
    return parts;
  }

  #readRows(part: LogPart, scan: PartScan | undefined): void {
    this.#rows.startWindow();
    this.#guard(part.name, () => {
      for (const { seq, records, isSound } of this.#database.blobs(part.name, scan)) {
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

  #outcome(): ReplayOutcome {
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
