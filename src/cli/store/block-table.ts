// Blocks as promtool prints them.

import { formatSize, ulid } from "../../model/index.ts";
import type { BlockSummary } from "../store-tools.ts";

const HEAD = [
  "BLOCK ULID",
  "MIN TIME",
  "MAX TIME",
  "DURATION",
  "NUM SAMPLES",
  "NUM CHUNKS",
  "NUM SERIES",
  "SIZE",
];
const CELL_MIN = 13;
const PADDING = 2;

/** The id by which the API and the commands call a block. */
export function blockUlid(block: BlockSummary): string {
  return ulid(block.to, block.generation);
}

/** A table with a head; a column stands for what Prometheus calls a chunk. */
export function blockTable(blocks: readonly BlockSummary[], isForHumans: boolean): string {
  const time = (ms: number): string => (isForHumans ? humanTime(ms) : String(ms));
  const rows = blocks.map((block) => [
    blockUlid(block),
    time(block.from),
    time(block.to),
    durationText(block.to - block.from),
    String(block.sampleCount),
    String(block.seriesCount),
    String(block.seriesCount),
    isForHumans ? formatSize(block.fileBytes) : String(block.fileBytes),
  ]);
  const table = [HEAD, ...rows];
  const widths = HEAD.map((_, column) =>
    Math.max(CELL_MIN, PADDING + Math.max(...table.map((row) => row[column]!.length))),
  );
  return table
    .map((row) => `${row.map((cell, i) => (i < row.length - 1 ? cell.padEnd(widths[i]!) : cell)).join("")}\n`)
    .join("");
}

function humanTime(ms: number): string {
  return `${new Date(Math.trunc(ms / 1000) * 1000).toISOString().slice(0, 19).replace("T", " ")} +0000 UTC`;
}

/** A length of time as Go prints it: `1h46m0.124s`, `15ms`, `0s`. */
export function durationText(ms: number): string {
  if (ms === 0) return "0s";
  if (ms < 1000) return `${ms}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const seconds = `${Number(((ms % 60_000) / 1000).toFixed(3))}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}
