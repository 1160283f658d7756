import type { ExplainJson } from "../client.ts";
import { tableText } from "./table.ts";

const EXPRESSION_MAX = 60;

/** What each part of a query did, one a line, indented by depth. */
export function explainOutput(parts: readonly ExplainJson[]): string {
  const head = ["part", "series", "points", "samples decoded", "total ms", "own ms"];
  const rows = parts.map(({ expr, depth, series, points, samplesDecoded, totalMs, ownMs }) => [
    `${"  ".repeat(depth)}${shortened(expr)}`,
    String(series),
    String(points),
    String(samplesDecoded),
    totalMs.toFixed(3),
    ownMs.toFixed(3),
  ]);
  return tableText(head, rows);
}

function shortened(expr: string): string {
  const line = expr.replaceAll(/\s+/g, " ");
  return line.length <= EXPRESSION_MAX ? line : `${line.slice(0, EXPRESSION_MAX - 1)}…`;
}
