import { NarthexError } from "../../base/index.ts";
import { compileRegex, formatDuration, formatSize, parseDuration, parseSize } from "../../model/index.ts";
import { checkUrl } from "../url.ts";

/** How the value of a flag is read and shown. */
export interface FlagType<T> {
  /** Stands for the value in the help; "" for a switch, which takes none. */
  readonly placeholder: string;
  /** @throws NarthexError or FlagValueError saying what is wrong with the text. */
  parse(this: void, text: string): T;
  show(this: void, value: T): string;
}

/** A text that a flag does not take; the message says what it takes. */
class FlagValueError extends NarthexError {
  override readonly name = "FlagValueError";
  readonly errorType = "bad_data";
}

export const switchFlag: FlagType<boolean> = {
  placeholder: "",
  parse: (text) => text === "true",
  show: String,
};

export const textFlag: FlagType<string> = {
  placeholder: "TEXT",
  parse: (text) => text,
  show: (text) => text,
};

export const pathFlag: FlagType<string> = { ...textFlag, placeholder: "PATH" };

/** `host:port`; without a host it means all addresses. */
export const addressFlag: FlagType<string> = {
  ...textFlag,
  placeholder: "HOST:PORT",
  parse(text) {
    const port = /^(?:\[[^\]]*\]|[^:[\]]*):([0-9]{1,5})$/.exec(text)?.[1];
    if (port === undefined || Number(port) > 65535) {
      throw new FlagValueError("expected host:port, such as 0.0.0.0:9090, [::1]:9090 or :9090");
    }
    return text;
  },
};

export const urlFlag: FlagType<string> = {
  ...textFlag,
  placeholder: "URL",
  parse(text) {
    const fault = checkUrl(text);
    if (fault !== undefined) throw new FlagValueError(fault);
    return text;
  },
};

/** A regex that must match the whole text. */
export const regexFlag: FlagType<string> = {
  ...textFlag,
  placeholder: "REGEX",
  parse(text) {
    compileRegex(text);
    return text;
  },
};

/** Milliseconds. */
export const durationFlag: FlagType<number> = {
  placeholder: "DURATION",
  parse: parseDuration,
  show: formatDuration,
};

/** Bytes. */
export const sizeFlag: FlagType<number> = {
  placeholder: "SIZE",
  parse(text) {
    const bytes = parseSize(text);
    if (bytes < 0) throw new FlagValueError("expected a size of 0 or more");
    return bytes;
  },
  show: formatSize,
};

/** A whole number of 0 or more; `5e7` is one. */
export const countFlag: FlagType<number> = {
  placeholder: "NUMBER",
  parse(text) {
    const value = /^\+?[0-9]+(?:\.[0-9]+)?(?:[eE]\+?[0-9]+)?$/.test(text) ? Number(text) : Number.NaN;
    if (!Number.isSafeInteger(value)) throw new FlagValueError("expected a whole number of 0 or more");
    return value;
  },
  show: String,
};

/** A share, greater than 0 and at most 1. */
export const ratioFlag: FlagType<number> = {
  placeholder: "RATIO",
  parse(text) {
    const value = /^[0-9]*\.?[0-9]+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value > 0 && value <= 1))
      throw new FlagValueError("must be greater than 0 and less than or equal to 1");
    return value;
  },
  show: String,
};

/** A value that may be left to the server, written as the empty text. */
export function unset<T>(type: FlagType<T>): FlagType<T | undefined> {
  return {
    placeholder: type.placeholder,
    parse: (text) => (text === "" ? undefined : type.parse(text)),
    show: (value) => (value === undefined ? "" : type.show(value)),
  };
}

/** One of a few words. */
export function wordFlag<const Word extends string>(words: readonly Word[]): FlagType<Word> {
  return {
    placeholder: words.join("|"),
    parse(text) {
      const word = words.find((each) => each === text);
      if (word === undefined) throw new FlagValueError(`expected one of ${words.join(", ")}`);
      return word;
    },
    show: (word) => word,
  };
}
