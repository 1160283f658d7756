import type { FlagType } from "./flag-types.ts";

/** What giving a flag does: it works; nothing that anyone would miss; nothing yet; too much to go on without it. */
type FlagStatus = "active" | "ignored" | "inactive" | "refused";
type FlagMode = "both" | "server" | "agent";

/** Headings of the help, in order. */
export const FLAG_GROUPS = [
  "Configuration",
  "Web",
  "Storage",
  "Scraping",
  "Queries",
  "Rules and alerts",
  "Remote storage",
  "Agent",
  "Features and logging",
  "Tuning of Go programs, accepted without effect",
] as const;

/** One flag. */
export interface FlagRow<T> {
  readonly name: string; // Without dashes.
  readonly group: (typeof FLAG_GROUPS)[number];
  readonly fallback: string; // The text that stands for no flag.
  readonly help: string;
  readonly status: FlagStatus;
  readonly mode: FlagMode;
  readonly hidden: boolean; // Only in the long help.
  readonly repeatable: boolean;
  readonly placeholder: string; // Of the value; "" for a switch.
  /** The value that the texts given stand for; just one text unless `repeatable`. */
  read(texts: readonly string[]): T;
  show(value: T): string;
}

export type FlagWords = Pick<FlagRow<unknown>, "name" | "group" | "fallback" | "help"> &
  Partial<Pick<FlagRow<unknown>, "status" | "mode" | "hidden">>;

const PLAIN = { status: "active", mode: "both", hidden: false } as const;

/** A flag that is given at most once. */
export function flag<T>(type: FlagType<T>, words: FlagWords): FlagRow<T> {
  const { placeholder, parse, show } = type;
  return { ...PLAIN, ...words, repeatable: false, placeholder, read: (texts) => parse(texts[0]!), show };
}

/** A flag that may be given several times. */
export function repeated<T>(type: FlagType<T>, words: FlagWords): FlagRow<readonly T[]> {
  const { placeholder, parse, show } = type;
  return {
    ...PLAIN,
    ...words,
    repeatable: true,
    placeholder,
    read: (texts) => texts.map(parse),
    show: (values) => values.map(show).join(","),
  };
}
