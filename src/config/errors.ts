import { NarthexError } from "../base/index.ts";

/** One thing that is wrong with a configuration file. */
export interface ConfigProblem {
  readonly file: string;
  readonly line: number; // 1-based; 0 when it concerns the whole file.
  readonly column: number; // 1-based.
  readonly path: string; // E.g. `scrape_configs[0].scrape_interval`; "" at the top.
  readonly message: string;
}

/** `prometheus.yml:12:5: scrape_configs[0].job_name: job_name is empty`. */
export function problemText(problem: ConfigProblem): string {
  const { file, line, column, path, message } = problem;
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  return path === "" ? `${place}: ${message}` : `${place}: ${path}: ${message}`;
}

/**
 * A configuration that cannot be used, with everything that is wrong with it, in the order of the file.
 * The message starts as Prometheus' does (spec CFG-9) and then has one line a problem.
 */
export class ConfigError extends NarthexError {
  override readonly name = "ConfigError";
  readonly errorType = "bad_data";
  readonly exitCode = 1; // Of a server that cannot start for it.
  readonly problems: readonly ConfigProblem[];

  constructor(path: string, problems: readonly ConfigProblem[], options?: ErrorOptions) {
    const lines = problems.map(problemText);
    const text = lines.length === 1 ? lines[0] : `${lines.length} problems\n  ${lines.join("\n  ")}`;
    super(`parsing YAML file ${path}: ${text}`, options);
    this.problems = problems;
  }
}

/** A command line that cannot be understood; the message names the flag and what it accepts. */
export class FlagError extends NarthexError {
  override readonly name = "FlagError";
  readonly errorType = "bad_data";
  readonly exitCode: number; // 1 bad value, 2 syntax, 3 flag of the other mode (spec cli.md, section 1).

  constructor(message: string, exitCode: 1 | 2 | 3 = 2) {
    super(message);
    this.exitCode = exitCode;
  }
}
