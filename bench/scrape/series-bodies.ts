// Bodies of one target as they come scrape after scrape: what a host exporter with an instrumented application
// shows. Half of the series never change; the rest are counters, noisy gauges, full 17-digit floats and histograms.

/** How far bodies differ from the one before: `values`, or some lines come and go as well. */
export type Change = "values" | "every value" | "churn";

const BOUNDS = ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"];
const CHURN_LINES = 10; // Lines of a body with churn that no other body has.

/** A small generator with a seed, so that every run measures the same bodies. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Line {
  readonly text: string; // Name and labels.
  value: number;
  readonly step: (value: number, random: () => number) => number;
}

function lines(
  count: number,
  random: () => number,
): { readonly heads: Map<number, string>; readonly all: Line[] } {
  const all: Line[] = [];
  const heads = new Map<number, string>();
  const kinds: readonly (readonly [string, string, Line["step"]])[] = [
    ["limit_bytes", "gauge", (value) => value],
    ["bytes_total", "counter", (value, next) => value + Math.floor(next() * 1e5)],
    ["states", "gauge", (value) => value],
    ["cpu_seconds_total", "counter", (value, next) => Math.round(value * 100 + next() * 900) / 100],
    ["load_ratio", "gauge", (value, next) => value * 0.98 + next()],
    ["enabled", "gauge", (value) => value],
  ];
  for (let family = 0; all.length < count; family++) {
    const [suffix, type, step] = kinds[family % kinds.length]!;
    const name = `node_subject_${family}_${suffix}`;
    heads.set(all.length, `# HELP ${name} Some help text for the family.\n# TYPE ${name} ${type}\n`);
    for (let i = 0; i < 14 && all.length < count; i++) {
      const text = `${name}{device="/dev/sd${i}",fstype="ext4",mountpoint="/var/lib/data/${i}"}`;
      all.push({ text, value: Math.floor(random() * 10 ** (1 + (i % 8))), step });
    }
    if (family % 8 !== 0) continue;
    const base = `http_request_duration_seconds_${family}`;
    heads.set(all.length, `# HELP ${base} Duration.\n# TYPE ${base} histogram\n`);
    for (const bound of BOUNDS) {
      if (all.length === count) break;
      all.push({
        text: `${base}_bucket{method="GET",le="${bound}"}`,
        value: 1,
        step: (v, next) => v + Math.floor(next() * 9),
      });
    }
  }
  return { heads, all };
}

/** `count` bodies in a row of a target with `series` series. */
export function bodiesOf(series: number, count: number, change: Change): Buffer[] {
  const random = randomFrom(7);
  const { heads, all } = lines(series, random);
  return Array.from({ length: count }, (_, scrape) => {
    let body = "";
    all.forEach((line, at) => {
      line.value = change === "every value" ? random() * 1000 : line.step(line.value, random);
      body += heads.get(at) ?? "";
      const isShort = change === "churn" && at % Math.floor(series / CHURN_LINES) === 0;
      const text = isShort ? line.text.replace("{", `{pod="${scrape}",`) : line.text;
      body += `${text} ${line.value}\n`;
    });
    return Buffer.from(body);
  });
}
