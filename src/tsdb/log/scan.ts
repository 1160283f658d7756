// The first of two passes over the log: checks all blobs of rows and finds the seals, so that the second one need not
// restore rows that a seal brings back. It touches no head, so that another thread can make it.

import { MalformedBytesError } from "../../base/index.ts";
import { isDamage, type CheckedBlobs, type HeadDatabase } from "./database.ts";
import { findSeals } from "./replay-rows.ts";

/** What lies in one part of the log. Postable. */
export interface PartScan extends CheckedBlobs {
  readonly name: string;
  readonly tables: Uint32Array; // Table of each seal, in order.
  readonly spans: Float64Array; // Times (ms) of the first and the last row of each.
}

/** Reads all rows. Damage ends the scan of its part and is left for the replay to report. */
export function scanLog(database: HeadDatabase): PartScan[] {
  const parts = readable(() => database.parts(), []).filter(({ kind }) => kind === "log");
  return parts.map(({ name, number }) => {
    const tables: number[] = [];
    const spans: number[] = [];
    const unsound: number[] = [];
    let lastChecked = 0;
    readable(() => {
      for (const { seq, records, isSound } of database.blobs(name)) {
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
    return { name, lastChecked, unsound, tables: Uint32Array.from(tables), spans: Float64Array.from(spans) };
  });
}

function readable<Result>(read: () => Result, otherwise: Result): Result {
  try {
    return read();
  } catch (error) {
    if (!isDamage(error)) throw error;
    return otherwise;
  }
}

function readWhole(read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof MalformedBytesError)) throw error;
  }
}
