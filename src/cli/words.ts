import { parseArgs } from "node:util";
import { UsageError } from "./command.ts";

/** How a command's words are read. */
export interface WordRules {
  /** Names of the words without dashes, in order, for messages. */
  readonly positionals: readonly string[];
  /** How many of them may be left out at the end. */
  readonly optional?: number;
  /** "string" takes a value, "strings" may come several times, "boolean" may be written --no-name. */
  readonly options: Readonly<Record<string, "string" | "strings" | "boolean">>;
  /** Letters for options. */
  readonly short?: Readonly<Record<string, string>>;
}

/** The words of a command. */
export class Words {
  readonly positionals: readonly string[];
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(positionals: readonly string[], values: Readonly<Record<string, unknown>>) {
    this.positionals = positionals;
    this.#values = values;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === "string" ? value : undefined;
  }

  texts(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.map(String) : [];
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  /** A whole number. @throws UsageError */
  whole(name: string, otherwise: number): number {
    const text = this.text(name);
    if (text === undefined) return otherwise;
    if (!/^[+-]?\d+$/.test(text)) throw new UsageError(`--${name}: "${text}" is no whole number`);
    return Number(text);
  }
}

/** Reads the words of a command. @throws UsageError */
export function readWords(argv: readonly string[], rules: WordRules): Words {
  const shorts = new Map(Object.entries(rules.short ?? {}).map(([letter, name]) => [name, letter]));
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({
      args: joinNegativeNumbers(argv),
      allowPositionals: true,
      allowNegative: true,
      options: Object.fromEntries(
        Object.entries(rules.options).map(([name, kind]) => [
          name,
          {
            type: kind === "boolean" ? "boolean" : "string",
            multiple: kind === "strings",
            ...(shorts.has(name) ? { short: shorts.get(name)! } : {}),
          } as const,
        ]),
      ),
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
  const { positionals } = parsed;
  const most = rules.positionals.length;
  const least = most - (rules.optional ?? 0);
  if (positionals.length < least)
    throw new UsageError(`${rules.positionals[positionals.length]!} is missing`);
  if (positionals.length > most) throw new UsageError(`unexpected "${positionals[most]!}"`);
  return new Words(positionals, parsed.values);
}

/** Whether the words ask for help. */
export function asksForHelp(argv: readonly string[]): boolean {
  return argv.includes("--help") || argv.includes("-h");
}

// `--min-time -5` would be read as two options.
function joinNegativeNumbers(argv: readonly string[]): string[] {
  const joined: string[] = [];
  for (const word of argv) {
    if (/^-\d+$/.test(word) && /^--[\w-]+$/.test(joined.at(-1) ?? "")) joined.push(`${joined.pop()}=${word}`);
    else joined.push(word);
  }
  return joined;
}
