// The file head.db: what is not in blocks yet, and the catalogue of blocks. An SQLite database in WAL mode.
//
// | table          | a row is                                                                               |
// | -------------- | -------------------------------------------------------------------------------------- |
// | meta           | key, value: `format_version`, `min_reader_version`, `head_from`: ms, blocks hold what  |
// |                | is before                                                                              |
// | definitions    | seq, records (log/definitions.ts), crc                                                 |
// | log_<start>    | seq, records (log/row-records.ts), crc: one table for each window, start in ms         |
// | blocks         | file; is_whole: 1 for a block that counts, 0 for one that is being written             |
// | deletions      | id, matchers (JSON), closed range in ms of a deletion that applies to blocks of a      |
// |                | generation or less                                                                     |

import { crc32 } from "node:zlib";
import Database from "better-sqlite3";
import { StorageError } from "../errors.ts";

/** Version of the layout that this program writes, and the oldest program version that can read it. */
const FORMAT_VERSION = 1;
const PAGE_BYTES = 8192;
// Longest that a commit waits for a checkpoint that another connection makes.
const BUSY_MS = 5000;

/** A blob of records as it was read back. */
export interface StoredBlob {
  readonly seq: number;
  readonly records: Buffer;
  /** Whether the bytes are those that were written, and none were lost before them. */
  readonly isSound: boolean;
}

/** A deletion in the blocks up to a generation; the range is closed, in ms. */
export interface BlockDeletionRow {
  readonly matchers: string; // JSON of Matcher[].
  readonly from: number;
  readonly to: number;
  readonly generation: number;
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

// Covers where the blob stands, so that one in the place of another is noticed.
function checksum(table: string, seq: number, records: Uint8Array): number {
  return crc32(records, crc32(`${table} ${seq}`));
}

/** One connection to head.db. Methods throw better-sqlite3's SqliteError when the disk fails. */
export class HeadDatabase {
  readonly path: string;
  readonly #database: Database.Database;
  readonly #inserts = new Map<string, { readonly statement: Database.Statement; last: number | null }>();

  /**
   * Opens or makes the file.
   * @throws StorageError when a newer version wrote it.
   */
  constructor(path: string) {
    this.path = path;
    this.#database = new Database(path, { timeout: BUSY_MS });
    this.#database.pragma(`page_size = ${PAGE_BYTES}`);
    this.#database.pragma("journal_mode = WAL");
    // Commits reach the operating system at once; when they reach the disk is up to `HeadLog`.
    this.#database.pragma("synchronous = NORMAL");
    this.#database.pragma("wal_autocheckpoint = 0");
    this.#database.exec(`
      CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS definitions (seq INTEGER PRIMARY KEY, records BLOB NOT NULL, crc INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS blocks (file TEXT PRIMARY KEY, is_whole INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS deletions (
        id INTEGER PRIMARY KEY, matchers TEXT NOT NULL, from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL,
        generation INTEGER NOT NULL);
    `);
    this.#checkVersion();
  }

  #checkVersion(): void {
    const read = this.#database.prepare("SELECT value FROM meta WHERE key = ?").pluck();
    const needed = Number(read.get("min_reader_version") ?? FORMAT_VERSION);
    if (needed > FORMAT_VERSION) {
      this.close();
      throw new StorageError(
        `${this.path} was written by a newer version: it needs format version ${needed}, this one reads up to ${FORMAT_VERSION}`,
      );
    }
    const write = this.#database.prepare("INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)");
    write.run("format_version", FORMAT_VERSION);
    write.run("min_reader_version", FORMAT_VERSION);
  }

  /** Makes all changes of `change` or none. */
  transaction(change: () => void): void {
    try {
      this.#database.transaction(change).immediate();
    } catch (error) {
      // They may name tables whose making was undone.
      this.#inserts.clear();
      throw error;
    }
  }

  addDefinitions(records: Uint8Array): void {
    this.#insert("definitions", records);
  }

  clearDefinitions(): void {
    this.#database.exec("DELETE FROM definitions");
    this.#inserts.delete("definitions");
  }

  /** Appends to the log of the window that starts at `windowStart` (ms). */
  addRows(windowStart: number, records: Uint8Array): void {
    this.#insert(`"log_${windowStart}"`, records);
  }

  #insert(table: string, records: Uint8Array): void {
    let insert = this.#inserts.get(table);
    if (insert === undefined) {
      if (table !== "definitions") {
        this.#database.exec(
          `CREATE TABLE IF NOT EXISTS ${table} (seq INTEGER PRIMARY KEY, records BLOB NOT NULL, crc INTEGER NOT NULL)`,
        );
      }
      insert = {
        statement: this.#database.prepare(`INSERT INTO ${table} (seq, records, crc) VALUES (?, ?, ?)`),
        last: this.#database.prepare(`SELECT max(seq) FROM ${table}`).pluck().get() as number | null,
      };
      this.#inserts.set(table, insert);
    }
    const seq = (insert.last ?? 0) + 1;
    insert.statement.run(seq, records, checksum(table, seq, records));
    insert.last = seq;
  }

  /** Starts (ms) of the windows that have a log, ascending. */
  windows(): number[] {
    const names = this.#database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'log@_%' ESCAPE '@'")
      .pluck()
      .all() as string[];
    return names.map((name) => Number(name.slice("log_".length))).toSorted((a, b) => a - b);
  }

  dropWindow(windowStart: number): void {
    this.#inserts.delete(`"log_${windowStart}"`);
    this.#database.exec(`DROP TABLE IF EXISTS "log_${windowStart}"`);
  }

  definitions(): IterableIterator<StoredBlob> {
    return this.#blobs("definitions");
  }

  rows(windowStart: number): IterableIterator<StoredBlob> {
    return this.#blobs(`"log_${windowStart}"`);
  }

  *#blobs(table: string): IterableIterator<StoredBlob> {
    const select = this.#database.prepare<[], BlobRow>(`SELECT seq, records, crc FROM ${table} ORDER BY seq`);
    let expected = 1;
    for (const { seq, records, crc } of select.iterate()) {
      yield { seq, records, isSound: seq === expected && checksum(table, seq, records) === crc };
      expected = seq + 1;
    }
  }

  /** Start (ms) of what the head answers for, as it was set last; undefined before. */
  headFrom(): number | undefined {
    return this.#database.prepare("SELECT value FROM meta WHERE key = 'head_from'").pluck().get() as
      | number
      | undefined;
  }

  setHeadFrom(time: number): void {
    this.#database.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('head_from', ?)").run(time);
  }

  /** Names of the blocks that count. */
  blockFiles(): string[] {
    return this.#database.prepare("SELECT file FROM blocks WHERE is_whole = 1").pluck().all() as string[];
  }

  /** Names of the blocks whose writing was begun and not ended. */
  announcedBlocks(): string[] {
    return this.#database.prepare("SELECT file FROM blocks WHERE is_whole = 0").pluck().all() as string[];
  }

  /** Notes that a block is about to be written: until it is added, its file is rubbish. */
  announceBlock(file: string): void {
    this.#database.prepare("INSERT OR IGNORE INTO blocks (file, is_whole) VALUES (?, 0)").run(file);
  }

  addBlock(file: string): void {
    this.#database.prepare("INSERT OR REPLACE INTO blocks (file, is_whole) VALUES (?, 1)").run(file);
  }

  removeBlock(file: string): void {
    this.#database.prepare("DELETE FROM blocks WHERE file = ?").run(file);
  }

  deletions(): BlockDeletionRow[] {
    return this.#database
      .prepare<[], BlockDeletionRow>(
        'SELECT matchers, from_ms AS "from", to_ms AS "to", generation FROM deletions ORDER BY id',
      )
      .all();
  }

  addDeletion(deletion: BlockDeletionRow): void {
    this.#database
      .prepare(
        "INSERT INTO deletions (matchers, from_ms, to_ms, generation) VALUES (@matchers, @from, @to, @generation)",
      )
      .run(deletion);
  }

  /** Forgets the deletions that apply to blocks of generations below `generation` only. */
  removeDeletionsBelow(generation: number): void {
    this.#database.prepare("DELETE FROM deletions WHERE generation < ?").run(generation);
  }

  /** Idempotent. */
  close(): void {
    this.#database.close();
  }
}
