// The file head.db: what is not in blocks yet, and the catalogue of blocks. An SQLite database in WAL mode.
//
// | table          | a row is                                                                               |
// | -------------- | -------------------------------------------------------------------------------------- |
// | meta           | key, value: `format_version`, `min_reader_version`, `head_from`: ms, blocks hold what  |
// |                | is before                                                                              |
// | definitions    | seq, records (log/definitions.ts), crc                                                 |
// | log_<start>    | seq, records (log/row-records.ts), crc: one table for each window, start in ms         |
// | seals_<start>  | the same (log/seal-records.ts): rows that were sealed, so that they need not be        |
// |                | replayed one by one                                                                    |
// | late_<number>, exemplars_<start> | the same for samples out of order, by their generation, and for      |
// |                | exemplars, by the window                                                               |
// | blocks         | file; is_whole: 1 for a block that counts, 0 for one that is being written or deleted  |
// | deletions      | id, matchers (JSON), closed range in ms of a deletion that applies to blocks of a      |
// |                | generation or less                                                                     |

import { statSync } from "node:fs";
import { crc32 } from "node:zlib";
import Database from "better-sqlite3";
import { StorageError } from "../errors.ts";
import {
  DEFINITIONS,
  partNamed,
  type BlockDeletionRow,
  type CatalogueChange,
  type Commit,
  type LogPart,
} from "./commit.ts";

/** Version of the layout that this program writes, and the oldest program version that can read it. */
const FORMAT_VERSION = 1;
const PAGE_BYTES = 8192;
// Longest that a commit waits for a checkpoint that another connection makes.
const BUSY_MS = 5000;
// A WAL that a burst made longer is cut back to this when it begins anew.
const WAL_BYTES_KEPT = 64 * 2 ** 20;

const PART_ORDER = ["seals", "log", "late", "exemplars"];

/** A blob of records as it was read back. */
export interface StoredBlob {
  readonly seq: number;
  readonly records: Buffer;
  /** Whether the bytes are those that were written, and none were lost before them. */
  readonly isSound: boolean;
}

/** Which blobs of a part were found sound or not. */
export interface CheckedBlobs {
  readonly lastChecked: number; // Number of the last one.
  readonly unsound: readonly number[];
}

/** Blobs of a part. */
export interface BlobRange {
  readonly first?: number; // Number; 1 unless given. It must be there.
  readonly last?: number;
  readonly checked?: CheckedBlobs | undefined;
}

/** What head.db says about blocks. */
export interface Catalogue {
  readonly files: readonly string[]; // Blocks that count.
  readonly rubbish: readonly string[];
  readonly deletions: readonly BlockDeletionRow[];
}

interface BlobRow {
  readonly seq: number;
  readonly records: Buffer;
  readonly crc: number;
}

/** Whether an error says that a database's bytes are not what was written, rather than that the system failed. */
export function isDamage(error: unknown): boolean {
  if (!(error instanceof Database.SqliteError)) return false;
  return /^SQLITE_(CORRUPT|NOTADB|ERROR|FORMAT|MISMATCH|TOOBIG|IOERR_SHORT_READ|CANTOPEN)/.test(error.code);
}

// As the tables of rows are named in checksums.
function checkedName(part: string): string {
  return part === DEFINITIONS ? part : `"${part}"`;
}

/** Whether an error says that what was written may not be on the disk. */
export function isFailedSync(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_IOERR_(FSYNC|DIR_FSYNC)/.test(error.code);
}

// Covers where the blob stands, so that one in the place of another is noticed.
function checksum(table: string, seq: number, records: Uint8Array): number {
  return crc32(records, crc32(`${table} ${seq}`));
}

// Looks without touching anything: a newer version's WAL would be moved to the file by a connection that may write.
function refuseNewer(path: string): void {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) return;
  const database = new Database(path, { readonly: true, timeout: BUSY_MS });
  try {
    const hasMeta = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").get() !== undefined;
    if (!hasMeta) return;
    const read = database.prepare("SELECT value FROM meta WHERE key = 'min_reader_version'").pluck();
    const needed = Number(read.get() ?? FORMAT_VERSION);
    if (needed <= FORMAT_VERSION) return;
    throw new StorageError(
      `${path} was written by a newer version: it needs format version ${needed}, this one reads up to ${FORMAT_VERSION}`,
    );
  } catch (error) {
    // Somebody was stopped while making the file, before it had a WAL: opening it for writing undoes that.
    if (error instanceof Database.SqliteError && error.code === "SQLITE_READONLY_ROLLBACK") return;
    throw error;
  } finally {
    database.close();
  }
}

/** One connection to head.db. Methods throw better-sqlite3's SqliteError when the disk fails. */
export class HeadDatabase {
  readonly path: string;
  readonly #database: Database.Database;
  readonly #inserts = new Map<string, Database.Statement>();

  /**
   * Opens or makes the file, or opens it to be read only.
   * @throws StorageError when a newer version wrote it.
   */
  constructor(path: string, mode: "write" | "read" = "write") {
    this.path = path;
    refuseNewer(path);
    this.#database = new Database(path, { timeout: BUSY_MS, readonly: mode === "read" });
    if (mode === "write") this.#prepare();
  }

  #prepare(): void {
    this.#database.pragma(`page_size = ${PAGE_BYTES}`);
    this.#database.pragma("journal_mode = WAL");
    // Commits reach the operating system at once; when they reach the disk is up to `HeadLog`.
    this.#database.pragma("synchronous = NORMAL");
    this.#database.pragma("wal_autocheckpoint = 0");
    this.#database.pragma(`journal_size_limit = ${WAL_BYTES_KEPT}`);
    this.#database.exec(`
      CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS definitions (seq INTEGER PRIMARY KEY, records BLOB NOT NULL, crc INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS blocks (file TEXT PRIMARY KEY, is_whole INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS deletions (
        id INTEGER PRIMARY KEY, matchers TEXT NOT NULL, from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL,
        generation INTEGER NOT NULL);
    `);
    const write = this.#database.prepare("INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)");
    write.run("format_version", FORMAT_VERSION);
    write.run("min_reader_version", FORMAT_VERSION);
  }

  /** Makes a commit; making it again changes nothing more. */
  apply(commit: Commit): void {
    const make = this.#database.transaction(() => {
      if (commit.replacesDefinitions) this.#database.exec("DELETE FROM definitions");
      for (const { part, seq, records } of commit.blobs) {
        this.#insertOf(part).run(seq, records, checksum(checkedName(part), seq, records));
      }
      for (const change of commit.changes) this.#change(change);
    });
    try {
      make.immediate();
    } catch (error) {
      // They may name tables whose making was undone.
      this.#inserts.clear();
      throw error;
    }
  }

  #insertOf(part: string): Database.Statement {
    let insert = this.#inserts.get(part);
    if (insert === undefined) {
      if (part !== DEFINITIONS) {
        this.#database.exec(
          `CREATE TABLE IF NOT EXISTS "${part}" (seq INTEGER PRIMARY KEY, records BLOB NOT NULL, crc INTEGER NOT NULL)`,
        );
      }
      insert = this.#database.prepare(
        `INSERT OR REPLACE INTO "${part}" (seq, records, crc) VALUES (?, ?, ?)`,
      );
      this.#inserts.set(part, insert);
    }
    return insert;
  }

  #change(change: CatalogueChange): void {
    const database = this.#database;
    switch (change.kind) {
      case "announceBlock":
        database.prepare("INSERT OR IGNORE INTO blocks (file, is_whole) VALUES (?, 0)").run(change.file);
        break;
      case "addBlock":
        database.prepare("INSERT OR REPLACE INTO blocks (file, is_whole) VALUES (?, 1)").run(change.file);
        break;
      case "discardBlock":
        database.prepare("INSERT OR REPLACE INTO blocks (file, is_whole) VALUES (?, 0)").run(change.file);
        break;
      case "removeBlock":
        database.prepare("DELETE FROM blocks WHERE file = ?").run(change.file);
        break;
      case "addDeletion":
        database
          .prepare(
            "INSERT OR REPLACE INTO deletions (id, matchers, from_ms, to_ms, generation) " +
              "VALUES (@id, @matchers, @from, @to, @generation)",
          )
          .run(change.deletion);
        break;
      case "removeDeletionsBelow":
        database.prepare("DELETE FROM deletions WHERE generation < ?").run(change.generation);
        break;
      case "setHeadFrom":
        database.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('head_from', ?)").run(change.time);
        break;
      case "dropParts":
        for (const part of change.parts) {
          this.#inserts.delete(part);
          database.exec(`DROP TABLE IF EXISTS "${part}"`);
        }
        break;
    }
  }

  /** The parts of the log: windows by their start, then what belongs to them. */
  parts(): LogPart[] {
    const names = this.#database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
      .pluck()
      .all() as string[];
    return names
      .map(partNamed)
      .filter((part) => part !== undefined)
      .toSorted((a, b) => PART_ORDER.indexOf(a.kind) - PART_ORDER.indexOf(b.kind) || a.number - b.number);
  }

  /** Blobs of a part of the log in order; those that were checked are not checked again. */
  *blobs(part: string, { first = 1, last, checked }: BlobRange = {}): IterableIterator<StoredBlob> {
    const select = this.#database.prepare<[number, number], BlobRow>(
      `SELECT seq, records, crc FROM "${part}" WHERE seq BETWEEN ? AND ? ORDER BY seq`,
    );
    const unsound = new Set(checked?.unsound);
    let expected = first;
    for (const { seq, records, crc } of select.iterate(first, last ?? Number.MAX_SAFE_INTEGER)) {
      const isSound =
        checked !== undefined && seq <= checked.lastChecked
          ? !unsound.has(seq)
          : seq === expected && checksum(checkedName(part), seq, records) === crc;
      yield { seq, records, isSound };
      expected = seq + 1;
    }
  }

  /** Number of the last blob of each part, definitions included. */
  lastBlobs(): Map<string, number> {
    const lasts = new Map<string, number>();
    for (const part of [DEFINITIONS, ...this.parts().map(({ name }) => name)]) {
      const last = this.#database.prepare(`SELECT max(seq) FROM "${part}"`).pluck().get() as number | null;
      if (last !== null) lasts.set(part, last);
    }
    return lasts;
  }

  /** Start (ms) of what the head answers for, as it was set last; undefined before. */
  headFrom(): number | undefined {
    return this.#database.prepare("SELECT value FROM meta WHERE key = 'head_from'").pluck().get() as
      | number
      | undefined;
  }

  /** Names of the blocks that count. */
  blockFiles(): string[] {
    return this.#database.prepare("SELECT file FROM blocks WHERE is_whole = 1").pluck().all() as string[];
  }

  /** Names of the blocks whose writing or deleting was begun and not ended. */
  rubbish(): string[] {
    return this.#database.prepare("SELECT file FROM blocks WHERE is_whole = 0").pluck().all() as string[];
  }

  deletions(): BlockDeletionRow[] {
    return this.#database
      .prepare<[], BlockDeletionRow>(
        'SELECT id, matchers, from_ms AS "from", to_ms AS "to", generation FROM deletions ORDER BY id',
      )
      .all();
  }

  /** The catalogue of blocks as it is. */
  catalogue(): Catalogue {
    return { files: this.blockFiles(), rubbish: this.rubbish(), deletions: this.deletions() };
  }

  /** Moves what lies in the WAL to the file; with "truncate" the WAL is empty afterwards. */
  checkpoint(mode: "passive" | "truncate"): void {
    this.#database.pragma(`wal_checkpoint(${mode})`);
  }

  /** Idempotent. */
  close(): void {
    this.#database.close();
  }
}
