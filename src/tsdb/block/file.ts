/*
 * A block's file is an SQLite database with two tables of pages, `column_page` for the samples and `page` for
 * everything else, both `(id INTEGER PRIMARY KEY, body BLOB)`. Two, because both are written at the same time and
 * SQLite fills its own pages only when row ids ascend.
 */
import Database from "better-sqlite3";
import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { errorText, MalformedBytesError } from "../../base/index.ts";
import type { BlockDamage } from "./contract.ts";
import { BlockReadError, BlockWriteError, DamagedBlockError } from "./errors.ts";
import { unfinishedName } from "./file-name.ts";
import { openPage, pageId, sealPage, type PageKind } from "./page.ts";

const SQLITE_PAGE_BYTES = 2048; // At 4096, 10 % of a small block is unused; below 2048 reading costs more than it saves.

const SQLITE_CACHE_KIB = 256;
// A file with so much damage is damaged, and each check reads all of it.
const CHECKS_MAX = 16;
const CHECK_BYTES = 2 ** 20;

/** A block being written under a temporary name. End it with `commit` or `discard`. */
export class BlockFileWriter {
  readonly path: string;
  readonly #compress: boolean;
  readonly #database: Database.Database;
  readonly #insertColumns: Database.Statement;
  readonly #insertOther: Database.Statement;

  /** @throws BlockWriteError */
  constructor(path: string, compress: boolean) {
    this.path = path;
    this.#compress = compress;
    const unfinished = unfinishedName(path);
    try {
      rmSync(unfinished, { force: true });
      this.#database = new Database(unfinished);
      // The file counts only once it is complete, synced and renamed, so SQLite need not guard it.
      this.#database.pragma(`page_size = ${SQLITE_PAGE_BYTES}`);
      this.#database.pragma("journal_mode = OFF");
      this.#database.pragma("synchronous = OFF");
      this.#database.exec(
        "CREATE TABLE page (id INTEGER PRIMARY KEY, body BLOB NOT NULL);" +
          "CREATE TABLE column_page (id INTEGER PRIMARY KEY, body BLOB NOT NULL);BEGIN",
      );
      this.#insertColumns = this.#database.prepare("INSERT INTO column_page VALUES (?, ?)");
      this.#insertOther = this.#database.prepare("INSERT INTO page VALUES (?, ?)");
    } catch (thrown) {
      throw new BlockWriteError(path, { cause: thrown });
    }
  }

  /** @throws BlockWriteError */
  write(kind: PageKind, number: number, payload: Uint8Array): void {
    const id = pageId(kind, number);
    try {
      // The header stays readable at the cost of one page read and nothing else.
      const body = sealPage(id, payload, this.#compress && kind !== "header");
      (kind === "columns" ? this.#insertColumns : this.#insertOther).run(id, body);
    } catch (thrown) {
      throw new BlockWriteError(this.path, { cause: thrown });
    }
  }

  /** Makes the block durable and gives it its name; returns its size in bytes. @throws BlockWriteError */
  commit(): number {
    const unfinished = unfinishedName(this.path);
    try {
      this.#database.exec("COMMIT");
      this.#database.close();
      syncPath(unfinished, "r+");
      renameSync(unfinished, this.path);
      syncPath(dirname(this.path), "r");
      return statSync(this.path).size;
    } catch (thrown) {
      throw new BlockWriteError(this.path, { cause: thrown });
    }
  }

  /** Removes what was written. Idempotent. */
  discard(): void {
    this.#database.close();
    rmSync(unfinishedName(this.path), { force: true });
  }
}

function syncPath(path: string, flags: string): void {
  const file = openSync(path, flags);
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** An open block file: checked pages on demand. */
export class BlockFile {
  readonly path: string;
  readonly fileBytes: number;
  pagesRead = 0;
  bytesRead = 0;
  /** How often a page was asked for that is damaged, those left out whose loss loses nothing. */
  losses = 0;
  readonly #database: Database.Database;
  readonly #selectColumns: Database.Statement;
  readonly #selectOther: Database.Statement;
  readonly #damaged = new Set<number>();
  #checks = 0; // How often the file was read through.
  readonly #onDamage: ((damage: BlockDamage) => void) | undefined;

  /** @throws DamagedBlockError when the file is no database with pages. */
  constructor(path: string, onDamage?: (damage: BlockDamage) => void) {
    this.path = path;
    this.#onDamage = onDamage;
    let database: Database.Database | undefined;
    try {
      this.fileBytes = statSync(path).size;
      database = new Database(path, { readonly: true, fileMustExist: true });
      // One transaction for good: nobody writes here, and taking the lock anew trebles the cost of reading a page.
      database.exec("BEGIN");
      // Parsed pages are cached by the reader; SQLite needs no more than the way to them.
      database.pragma(`cache_size = -${SQLITE_CACHE_KIB}`);
      this.#selectColumns = database.prepare("SELECT body FROM column_page WHERE id = ?").pluck();
      this.#selectOther = database.prepare("SELECT body FROM page WHERE id = ?").pluck();
    } catch (thrown) {
      database?.close();
      throw new DamagedBlockError(path, errorText(thrown), { cause: thrown });
    }
    this.#database = database;
  }

  get pagesDamaged(): number {
    return this.#damaged.size;
  }

  /**
   * What `parse` makes of a page's payload, or undefined when the page is damaged, which is reported the first time.
   * @throws BlockReadError when the system failed, which says nothing about the page.
   */
  read<Parsed>(kind: PageKind, number: number, parse: (payload: Uint8Array) => Parsed): Parsed | undefined {
    if (this.#damaged.has(pageId(kind, number))) {
      this.#noteLoss(kind);
      return undefined;
    }
    try {
      return parse(this.load(kind, number));
    } catch (thrown) {
      if (!(thrown instanceof MalformedBytesError)) throw thrown;
      this.quarantine(kind, number, thrown);
      return undefined;
    }
  }

  /** A page's payload. @throws MalformedBytesError when it is damaged, BlockReadError when the system failed. */
  load(kind: PageKind, number: number): Uint8Array {
    const id = pageId(kind, number);
    let body: unknown;
    try {
      body = (kind === "columns" ? this.#selectColumns : this.#selectOther).get(id);
    } catch (thrown) {
      if (isDamage(thrown)) {
        this.#checkReadable(`${kind} ${number}`);
        throw new MalformedBytesError(errorText(thrown), { cause: thrown });
      }
      throw new BlockReadError(this.path, `${kind} ${number}`, { cause: thrown });
    }
    if (!Buffer.isBuffer(body)) throw new MalformedBytesError("the page is missing");
    this.pagesRead++;
    this.bytesRead += body.length;
    return openPage(id, body);
  }

  // SQLite says of a disk that fails to read that the file is damaged, which would leave the page out for good. The
  // file as a whole tells them apart.
  #checkReadable(page: string): void {
    if (this.#checks === CHECKS_MAX) return;
    this.#checks++;
    try {
      readThrough(this.path);
    } catch (thrown) {
      // A block that was deleted since has no name to be read by.
      if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return;
      throw new BlockReadError(this.path, page, { cause: thrown });
    }
  }

  /** Notes that a page cannot be used, whatever its checksum says. */
  quarantine(kind: PageKind, number: number, reason: unknown): void {
    this.#noteLoss(kind);
    const id = pageId(kind, number);
    if (this.#damaged.has(id)) return;
    this.#damaged.add(id);
    this.#onDamage?.({ file: this.path, page: `${kind} ${number}`, reason: errorText(reason) });
  }

  // Labels say the same as postings.
  #noteLoss(kind: PageKind): void {
    if (kind !== "postings") this.losses++;
  }

  /** Idempotent. */
  close(): void {
    this.#database.close();
  }
}

// Reads a file from end to end for nothing but the error.
function readThrough(path: string): void {
  const file = openSync(path, "r");
  try {
    const buffer = Buffer.allocUnsafe(CHECK_BYTES);
    while (readSync(file, buffer, 0, CHECK_BYTES, null) > 0);
  } finally {
    closeSync(file);
  }
}

function isDamage(thrown: unknown): boolean {
  if (!(thrown instanceof Database.SqliteError)) return false;
  // A file cut short reads as an I/O error, a damaged one as one of the others.
  return /^SQLITE_(IOERR_SHORT_READ|IOERR_CORRUPTFS|CORRUPT|NOTADB|ERROR|MISMATCH|TOOBIG|FORMAT)/.test(
    thrown.code,
  );
}
