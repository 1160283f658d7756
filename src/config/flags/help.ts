import type { FlagRow } from "./flag-row.ts";
import { FLAG_TABLE } from "./table.ts";

const WIDTH = 100;
const HELP_COLUMN = 8;

/**
 * The help of the server: flags by group with their defaults, then how to go on. `all` adds those that hardly
 * anyone needs.
 */
export function helpText(all: boolean): string {
  const lines = [
    "usage: narthex [<flags>]",
    "",
    "Narthex scrapes metrics, stores them and answers queries, as a drop-in replacement for the",
    "Prometheus server. Without flags it reads prometheus.yml in the working directory, keeps its",
    "data in data/ and answers on port 9090.",
    "",
    "  -h, --help                      This text; --help-long has the flags that hardly anyone needs.",
    "      --version                   The version.",
  ];
  let group = "";
  for (const row of FLAG_TABLE) {
    if (!all && (row.hidden || row.mode === "agent" || row.status === "ignored")) continue;
    if (row.group !== group) lines.push("", `${row.group}:`);
    group = row.group;
    lines.push(...rowLines(row));
  }
  lines.push(
    "",
    "A value stands after a space or =, a switch alone: --web.enable-lifecycle, --no-web.enable-lifecycle.",
    "Durations are written 30s, 1h30m, 15d; sizes 512MB, 1GiB (powers of 1024 either way).",
    "First steps: narthex --config.file=config/prometheus.yml, then open http://localhost:9090.",
    "",
  );
  return lines.join("\n");
}

function rowLines(row: FlagRow<unknown>): string[] {
  const { placeholder, fallback } = row;
  const isSwitch = placeholder === "";
  const value = isSwitch ? "" : `=${placeholder}`;
  const notes = [
    ...(isSwitch ? (fallback === "true" ? ["(On, unless given as --no-…)"] : []) : defaultNote(fallback)),
    ...(row.repeatable ? ["May be given several times."] : []),
    ...(row.status === "inactive" ? ["Accepted, but without effect yet."] : []),
    ...(row.status === "refused" ? ["Not there yet."] : []),
  ];
  const help = wrap([row.help, ...notes].join(" "), WIDTH - HELP_COLUMN);
  return [`  --${row.name}${value}`, ...help.map((line) => " ".repeat(HELP_COLUMN) + line)];
}

function defaultNote(fallback: string): string[] {
  return fallback === "" ? [] : [`(Default: ${fallback})`];
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
