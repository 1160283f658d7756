import type { QueryJson, SeriesJson } from "../client.ts";
import { metricText } from "./series-text.ts";
import { timeText } from "./table.ts";

export interface ChartOptions {
  readonly columns: number; // Width of the terminal.
  readonly colours: boolean;
}

const PLOT_ROWS = 14;
const SERIES_MAX = 12; // More lines than this cannot be told apart.
const DOTS_ACROSS = 2; // A braille character is 2 dots wide
const DOTS_DOWN = 4; // and 4 high.
const DOT_BITS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;
const COLOUR_CODES = [32, 33, 34, 35, 36, 31, 92, 93, 94, 95, 96, 91] as const;

interface Line {
  readonly name: string;
  readonly times: readonly number[];
  readonly values: readonly number[];
}

/** A query's answer drawn with characters: lines over time for a matrix, bars for a vector. */
export function chartOutput(data: QueryJson, options: ChartOptions): string {
  switch (data.resultType) {
    case "scalar":
    case "string":
      return `${data.result[1]}\n`;
    case "vector":
      return barChart(data.result, options);
    case "matrix":
      return lineChart(data.result, options);
  }
}

function barChart(series: readonly SeriesJson[], options: ChartOptions): string {
  const bars = series.flatMap(({ metric, value }) =>
    value === undefined ? [] : [{ name: metricText(metric), text: value[1], value: parseValue(value[1]) }],
  );
  if (bars.length === 0) return "nothing to draw\n";
  const nameWidth = Math.min(
    Math.floor(options.columns / 2),
    Math.max(...bars.map(({ name }) => name.length)),
  );
  const textWidth = Math.max(...bars.map(({ text }) => text.length));
  const room = Math.max(10, options.columns - nameWidth - textWidth - 4);
  const largest = Math.max(...bars.map(({ value }) => (Number.isFinite(value) ? Math.abs(value) : 0)));
  return bars
    .map(({ name, text, value }) => {
      const length =
        largest === 0 || !Number.isFinite(value) ? 0 : Math.round((Math.abs(value) / largest) * room);
      return `${shorten(name, nameWidth).padEnd(nameWidth)}  ${text.padStart(textWidth)}  ${"█".repeat(length)}`.trimEnd();
    })
    .join("\n")
    .concat("\n");
}

function lineChart(series: readonly SeriesJson[], options: ChartOptions): string {
  const lines = series.slice(0, SERIES_MAX).map(toLine);
  const finite = lines.flatMap(({ values }) => values.filter(Number.isFinite));
  if (finite.length === 0) return "nothing to draw\n";
  const low = finite.reduce((a, b) => Math.min(a, b));
  const high = finite.reduce((a, b) => Math.max(a, b));
  const from = Math.min(...lines.map(({ times }) => times[0] ?? Infinity));
  const to = Math.max(...lines.map(({ times }) => times.at(-1) ?? -Infinity));
  const axis = [axisText(high), axisText(low)];
  const axisWidth = Math.max(...axis.map((text) => text.length));
  const width = Math.max(20, options.columns - axisWidth - 2);
  const cells = plot(lines, { width, low, high, from, to });
  const rows = cells.map((row, index) => {
    const label = index === 0 ? axis[0]! : index === PLOT_ROWS - 1 ? axis[1]! : "";
    return `${label.padStart(axisWidth)} │${row.map((cell) => paint(cell, options.colours)).join("")}`.trimEnd();
  });
  const start = timeText(from);
  const end = timeText(to);
  const times = `${" ".repeat(axisWidth + 2)}${start}${end.padStart(Math.max(end.length + 1, width - start.length))}`;
  const legend = lines.map(
    ({ name }, index) => `${paint({ bits: 0xff, line: index }, options.colours)} ${name}`,
  );
  const more = series.length > SERIES_MAX ? [`… and ${series.length - SERIES_MAX} more series`] : [];
  return [...rows, `${" ".repeat(axisWidth)} └${"─".repeat(width)}`, times, ...legend, ...more, ""].join(
    "\n",
  );
}

interface Cell {
  bits: number; // Dots of the braille character that are set.
  line: number; // Whose colour it takes: the last line drawn through it.
}

function plot(
  lines: readonly Line[],
  frame: { width: number; low: number; high: number; from: number; to: number },
): Cell[][] {
  const cells = Array.from({ length: PLOT_ROWS }, () =>
    Array.from({ length: frame.width }, () => ({ bits: 0, line: 0 })),
  );
  const dotsWide = frame.width * DOTS_ACROSS - 1;
  const dotsHigh = PLOT_ROWS * DOTS_DOWN - 1;
  const scaleX = frame.to === frame.from ? 0 : dotsWide / (frame.to - frame.from);
  const scaleY = frame.high === frame.low ? 0 : dotsHigh / (frame.high - frame.low);
  const dot = (line: number, x: number, y: number): void => {
    const cell = cells[Math.floor(y / DOTS_DOWN)]![Math.floor(x / DOTS_ACROSS)]!;
    cell.bits |= DOT_BITS[y % DOTS_DOWN]![x % DOTS_ACROSS]!;
    cell.line = line;
  };
  for (const [line, { times, values }] of lines.entries()) {
    let previous: { x: number; y: number } | undefined;
    for (const [index, value] of values.entries()) {
      if (!Number.isFinite(value)) {
        previous = undefined;
        continue;
      }
      const x = Math.round((times[index]! - frame.from) * scaleX);
      const y = scaleY === 0 ? Math.floor(dotsHigh / 2) : dotsHigh - Math.round((value - frame.low) * scaleY);
      connect(previous ?? { x, y }, { x, y }, (atX, atY) => dot(line, atX, atY));
      previous = { x, y };
    }
  }
  return cells;
}

/** Every dot on the straight line between two dots. */
function connect(
  a: { x: number; y: number },
  b: { x: number; y: number },
  dot: (x: number, y: number) => void,
): void {
  const steps = Math.max(Math.abs(b.x - a.x), Math.abs(b.y - a.y), 1);
  for (let step = 0; step <= steps; step++) {
    dot(Math.round(a.x + ((b.x - a.x) * step) / steps), Math.round(a.y + ((b.y - a.y) * step) / steps));
  }
}

function paint(cell: Cell, colours: boolean): string {
  if (cell.bits === 0) return " ";
  const character = String.fromCodePoint(0x2800 + cell.bits);
  return colours
    ? `\u001B[${COLOUR_CODES[cell.line % COLOUR_CODES.length]}m${character}\u001B[0m`
    : character;
}

function toLine(series: SeriesJson): Line {
  const values = series.values ?? [];
  return {
    name: metricText(series.metric),
    times: values.map(([time]) => time),
    values: values.map(([, value]) => parseValue(value)),
  };
}

function parseValue(text: string): number {
  if (text === "+Inf") return Infinity;
  return text === "-Inf" ? -Infinity : Number(text);
}

function axisText(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
