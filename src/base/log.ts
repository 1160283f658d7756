/** Log levels in rising order of urgency. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Writes one line per call; fields come after the message in the order given. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to every line. */
  with(fields: LogFields): Logger;
}

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: "logfmt" | "json";
  readonly write: (line: string) => void;
  readonly now: () => number; // Milliseconds since 1970.
}

/**
 * The server's log lines: `time=… level=INFO msg="…" key=value` or JSON with the same keys.
 * Source: spec CLI-70 (Prometheus writes a `source=` too, which names its own files; we leave it out).
 */
export function createLogger(options: LogOptions, bound: LogFields = {}): Logger {
  const threshold = LOG_LEVELS.indexOf(options.level);
  const emit = (level: LogLevel, message: string, fields: LogFields = {}): void => {
    if (LOG_LEVELS.indexOf(level) < threshold) return;
    const time = new Date(options.now()).toISOString();
    const line = { time, level: level.toUpperCase(), msg: message, ...bound, ...fields };
    options.write(options.format === "json" ? `${JSON.stringify(line)}\n` : `${logfmt(line)}\n`);
  };
  return {
    debug: (message, fields) => emit("debug", message, fields),
    info: (message, fields) => emit("info", message, fields),
    warn: (message, fields) => emit("warn", message, fields),
    error: (message, fields) => emit("error", message, fields),
    with: (fields) => createLogger(options, { ...bound, ...fields }),
  };
}

/** Swallows everything; for tests and embedding. */
export const silentLogger: Logger = createLogger({
  level: "error",
  format: "logfmt",
  write: () => {},
  now: () => 0,
});

function logfmt(line: LogFields): string {
  const parts: string[] = [];
  for (const [key, value] of Object.entries(line)) {
    if (value === undefined) continue;
    const text = String(value);
    parts.push(`${key}=${/^[^\s"=\\\p{C}]+$/u.test(text) ? text : JSON.stringify(text)}`);
  }
  return parts.join(" ");
}
