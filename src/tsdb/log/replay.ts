// Reading the log back into an empty head.

import { errorText, MalformedBytesError, type Logger } from "../../base/index.ts";
import type { Head } from "../head/head.ts";
import { tableId } from "../table/table-id.ts";
import { DEFINITIONS, type LogPart } from "./commit.ts";
import { isDamage, type BlobRange, type HeadDatabase, type StoredBlob } from "./database.ts";
import { DefinitionReader, type SeriesDeletion } from "./definitions.ts";
import { RowReplay } from "./replay-rows.ts";
import { scanLog, type LogScan, type PartScan } from "./scan.ts";
import { adoptSeals } from "./seal-records.ts";

export interface ReplayOutcome {
  readonly deletions: readonly SeriesDeletion[];
  /** Stretches of the log that were damaged and left out. */
  readonly corruptions: number;
  /** Whether the numbers of the definitions in the log are those of the head. */
  readonly isExact: boolean;
  readonly definitionBytes: number;
  /** What need not be read again, as `HeadLogOptions` wants it. */
  readonly floors: ReadonlyMap<number, number>;
  readonly pinned: ReadonlySet<number>;
  /** Whether the database itself is damaged, so that nothing more should be written to it. */
  readonly isMalformed: boolean;
}

/** Of an empty log. */
export const NOTHING_REPLAYED: ReplayOutcome = {
  deletions: [],
  corruptions: 0,
  isExact: true,
  definitionBytes: 0,
  floors: new Map(),
  pinned: new Set(),
  isMalformed: false,
};

const CHECKSUM_DIFFERS = "its checksum differs, or what was before it is gone";

/**
 * Brings back all that was committed. A damaged stretch costs itself and the rows that build on it; it is logged
 * and counted. Spec TSDB-43, TSDB-44.
 */
export function replayLog(head: Head, database: HeadDatabase, logger: Logger): ReplayOutcome {
  const replay = new Replay(head, database, logger);
  for (const _ of replay.readDefinitions());
  for (const _ of replay.readSamples(scanLog(database)));
  return replay.outcome();
}

/** A replay in steps of a blob: the definitions, then the samples. Spec TSDB-43, TSDB-44. */
export class Replay {
  readonly #head: Head;
  readonly #database: HeadDatabase;
  readonly #logger: Logger;
  readonly #definitions: DefinitionReader;
  readonly #floors = new Map<number, number>();
  readonly #pinned = new Set<number>();
  #rowsLost = 0;
  #definitionBytes = 0;
  #corruptions = 0;
  #isMalformed = false;
  /** Blobs of samples that were read, and how many there are, which is known once their reading has begun. */
  readonly progress: { blobsRead: number; blobs: number } = { blobsRead: 0, blobs: 0 };

  constructor(head: Head, database: HeadDatabase, logger: Logger) {
    this.#head = head;
    this.#database = database;
    this.#logger = logger;
    this.#definitions = new DefinitionReader(head);
  }

  /** Brings the samples back, with what was found in the log as it is. */
  *readSamples(scan: LogScan): Generator<void> {
    this.progress.blobs = this.#guard("number of the last blobs", () => this.#countBlobs(scan)) ?? 0;
    yield* this.#takeSeals(scan);
    const rows = new RowReplay(this.#head);
    for (const { tables, spans } of scan.rows) {
      for (let i = 0; i < tables.length; i++) {
        rows.noteSeal(tableId(tables[i]!), { first: spans[2 * i]!, last: spans[2 * i + 1]! });
      }
    }
    const scanOf = new Map(scan.rows.map((part) => [part.name, part]));
    for (const part of this.#parts()) {
      if (part.kind === "seals") continue;
      if (part.kind === "log" && scan.isPinned) this.#pinned.add(part.number);
      yield* this.#readRows(part, rows, scanOf.get(part.name));
    }
    this.#rowsLost = rows.rowsLost;
  }

  #countBlobs({ seals, rows }: LogScan): number {
    let count = 0;
    for (const { lastSound } of seals) count += lastSound;
    const lasts = this.#database.lastBlobs();
    for (const { name, firstBlob } of rows) count += Math.max(0, (lasts.get(name) ?? 0) + 1 - firstBlob);
    for (const { name, kind } of this.#parts()) {
      if (kind === "late" || kind === "exemplars") count += lasts.get(name) ?? 0;
    }
    return count;
  }

  *#takeSeals({ seals, damage }: LogScan): Generator<void> {
    for (const { name, number, lastSound } of seals) {
      const checked = { lastChecked: lastSound, unsound: [] };
      for (const { seq, records } of this.#blobs(name, { last: lastSound, checked })) {
        const reason = readBlob(() => adoptSeals(this.#head, records, number));
        if (reason !== undefined) this.#report(`${name} ${seq}`, reason);
        this.progress.blobsRead++;
        yield;
      }
    }
    if (damage === undefined) return;
    if (damage.isMalformed) this.#isMalformed = true;
    this.#report(`${damage.part} ${damage.blob}`, CHECKSUM_DIFFERS);
  }

  /** Comes first. */
  *readDefinitions(): Generator<void> {
    for (const { seq, records, isSound } of this.#blobs(DEFINITIONS)) {
      this.#definitionBytes += records.length;
      const reason = isSound ? readBlob(() => this.#definitions.read(records)) : CHECKSUM_DIFFERS;
      if (reason !== undefined) this.#report(`definitions ${seq}`, reason);
      yield;
    }
  }

  #parts(): LogPart[] {
    return this.#guard("list of the log's parts", () => this.#database.parts()) ?? [];
  }

  *#readRows(part: LogPart, rows: RowReplay, scan: PartScan | undefined): Generator<void> {
    const first = scan?.firstBlob ?? 1;
    if (first > 1) this.#floors.set(part.number, first);
    rows.startWindow(first > 1);
    for (const { seq, records, isSound } of this.#blobs(part.name, { first, checked: scan })) {
      const reason = isSound ? readBlob(() => this.#replay(part, rows, records)) : CHECKSUM_DIFFERS;
      if (reason !== undefined) {
        this.#report(`${part.name} ${seq}`, reason);
        rows.skipLost();
      }
      this.progress.blobsRead++;
      yield;
    }
  }

  #replay({ kind, number }: LogPart, rows: RowReplay, records: Uint8Array): void {
    switch (kind) {
      case "seals":
        break;
      case "log":
        rows.replay(records, number);
        break;
      case "late":
        this.#head.late.replay(number, records);
        break;
      case "exemplars":
        this.#head.exemplars.replay(number, records);
        break;
    }
  }

  /** To be called once, at the end. */
  outcome(): ReplayOutcome {
    const rowsLost = this.#rowsLost;
    if (rowsLost > 0)
      this.#logger.error("rows of the log that build on lost ones were left out", { rowsLost });
    return {
      deletions: this.#definitions.deletions,
      corruptions: this.#corruptions,
      isExact: this.#definitions.isExact(),
      definitionBytes: this.#definitionBytes,
      floors: this.#floors,
      pinned: this.#pinned,
      isMalformed: this.#isMalformed,
    };
  }

  *#blobs(part: string, range?: BlobRange): Generator<StoredBlob> {
    const blobs = this.#database.blobs(part, range);
    for (;;) {
      const next = this.#guard(part, () => blobs.next());
      if (next === undefined || next.done === true) return;
      yield next.value;
    }
  }

  // What lies behind a page that the database cannot follow is lost to it.
  #guard<Result>(where: string, read: () => Result): Result | undefined {
    try {
      return read();
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#isMalformed = true;
      this.#report(where, errorText(error));
      return undefined;
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
