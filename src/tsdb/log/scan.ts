// The first of two passes over the log: checks its seals and the rows that they do not cover, so that the second one knows
// what to take. It touches no head, so that another thread can make it.

import { MalformedBytesError } from "../../base/index.ts";
import type { LogPart } from "./commit.ts";
import { isDamage, type CheckedBlobs, type HeadDatabase } from "./database.ts";
import { findSeals } from "./replay-rows.ts";
import { findFloors } from "./seal-records.ts";

/** What lies in one part of the log with rows. Postable. */
export interface PartScan extends CheckedBlobs {
  readonly name: string;
  readonly firstBlob: number; // The rows before it lie in seals.
  // Seals among the rows, as former versions logged them.
  readonly tables: Uint32Array; // Table of each one, in order.
  readonly spans: Float64Array; // Times (ms) of the first and the last row of each.
}

/** What lies in one part with seals. */
export interface SealsScan {
  readonly name: string;
  readonly number: number;
  readonly lastSound: number; // Number of the last blob to be taken; 0: none.
}

/** What lies in the log. Postable. */
export interface LogScan {
  readonly seals: readonly SealsScan[];
  readonly rows: readonly PartScan[];
  /** What no start may pass over: the rows of seals that were lost, or seals among the rows. */
  readonly isPinned: boolean;
  /** Part and number of the first damaged blob of seals; it and all after it are left out. */
  readonly damage: SealDamage | undefined;
}

export interface SealDamage {
  readonly part: string;
  readonly blob: number;
  /** Whether the database itself is damaged. */
  readonly isMalformed: boolean;
}

/**
 * Reads all seals, and the rows that lie in none. Damage ends the scan of its part; that of rows is left for the
 * replay to report.
 */
export function scanLog(database: HeadDatabase): LogScan {
  const parts = readable(() => database.parts(), []);
  const found = scanSeals(database, parts);
  const rows = scanParts(database, parts, found.floors);
  // Of a window that a former version began, or went on with: its rows tell all, in their order.
  if (rows.some(({ tables }) => tables.length > 0)) {
    const all = found.floors.size === 0 ? rows : scanParts(database, parts, new Map());
    return { seals: [], rows: all, isPinned: true, damage: undefined };
  }
  return { seals: found.seals, rows, isPinned: found.damage !== undefined, damage: found.damage };
}

function scanSeals(
  database: HeadDatabase,
  parts: readonly LogPart[],
): Pick<LogScan, "seals" | "damage"> & { readonly floors: ReadonlyMap<number, number> } {
  const seals: SealsScan[] = [];
  const floors = new Map<number, number>();
  for (const { name, number } of parts.filter(({ kind }) => kind === "seals")) {
    let lastSound = 0;
    let isWhole = true;
    const isRead = readable(() => {
      for (const { seq, records, isSound } of database.blobs(name)) {
        const raised: [number, number][] = [];
        isWhole =
          isSound &&
          readWhole(() => findFloors(records, number, ({ window, blob }) => raised.push([window, blob])));
        if (!isWhole) break;
        lastSound = seq;
        for (const [window, blob] of raised) floors.set(window, blob);
      }
      return true;
    }, false);
    seals.push({ name, number, lastSound });
    // Later ones may come after what was lost, and floors count on it.
    if (!isWhole || !isRead) {
      return { seals, floors, damage: { part: name, blob: lastSound + 1, isMalformed: !isRead } };
    }
  }
  return { seals, floors, damage: undefined };
}

function scanParts(
  database: HeadDatabase,
  parts: readonly LogPart[],
  floors: ReadonlyMap<number, number>,
): PartScan[] {
  const logs = parts.filter(({ kind }) => kind === "log");
  return logs.map((part) => scanRows(database, part, floors.get(part.number) ?? 1));
}

function scanRows(database: HeadDatabase, { name, number }: LogPart, firstBlob: number): PartScan {
  const tables: number[] = [];
  const spans: number[] = [];
  const unsound: number[] = [];
  let lastChecked = 0;
  readable(() => {
    for (const { seq, records, isSound } of database.blobs(name, { first: firstBlob })) {
      lastChecked = seq;
      if (!isSound) {
        unsound.push(seq);
        continue;
      }
      readWhole(() =>
        findSeals(records, number, (table, { first, last }) => {
          tables.push(table);
          spans.push(first, last);
        }),
      );
    }
  }, undefined);
  const found = { tables: Uint32Array.from(tables), spans: Float64Array.from(spans) };
  return { name, firstBlob, lastChecked, unsound, ...found };
}

function readable<Result>(read: () => Result, otherwise: Result): Result {
  try {
    return read();
  } catch (error) {
    if (!isDamage(error)) throw error;
    return otherwise;
  }
}

function readWhole(read: () => void): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (!(error instanceof MalformedBytesError)) throw error;
    return false;
  }
}
