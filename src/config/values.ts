import path from "node:path";
import {
  DurationError,
  formatDuration,
  formatSize,
  goQuote,
  isValidLabelName,
  parseDuration,
  parseSize,
  SizeError,
} from "../model/index.ts";
import { FlowList, mismatch, Mismatch, readOr, type BlockType, type Rendered, type Type } from "./schema.ts";
import { checkUrl, hidePassword } from "./url.ts";
import { isNull, type Tree } from "./yaml-tree.ts";

// The types that fields of the configuration file have.

const TRUE = /^(?:y|Y|yes|Yes|YES|on|On|ON|true|True|TRUE)$/;
const FALSE = /^(?:n|N|no|No|NO|off|Off|OFF|false|False|FALSE)$/;
const DECIMAL = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const UINT64_MAX = 2 ** 64; // The largest one itself is no exact number here and rounds up to this.

function scalarText(tree: Tree, expected: string): string {
  if (tree.kind !== "scalar") throw mismatch(tree, expected);
  return isNull(tree) ? "" : tree.text;
}

/** Any scalar, as it is written; null is "". Spec CFG-7. */
export const text: Type<string> = {
  zero: "",
  read: (tree) => scalarText(tree, "a text"),
  render: (value) => value,
};

/** A text that is never printed. Spec CFG-11. */
export const secret: Type<string> = {
  zero: "",
  read: (tree) => scalarText(tree, "a text"),
  render: (value) => (value === "" ? undefined : "<secret>"),
};

/** A path; a relative one is taken from the directory of the file it is written in. Spec CFG-10. */
export const filePath: Type<string> = {
  zero: "",
  read(tree, place) {
    const written = scalarText(tree, "a file path");
    return written === "" || path.isAbsolute(written) ? written : path.join(place.directory, written);
  },
  render: (value) => value,
};

/** Anything a generic URL parser takes; a password in it is not printed. Spec CFG-11, CFG-20. */
export const url: Type<string> = {
  zero: "",
  read(tree) {
    const written = scalarText(tree, "a URL");
    const fault = checkUrl(written);
    if (fault !== undefined) throw new Mismatch(tree, `parse ${goQuote(hidePassword(written))}: ${fault}`);
    return written;
  },
  render: hidePassword,
};

/** The truth values of YAML 1.1, without quotes. Spec CFG-5. */
export const boolean: Type<boolean> = {
  zero: false,
  read(tree) {
    if (tree.kind === "scalar" && tree.plain) {
      if (TRUE.test(tree.text)) return true;
      if (FALSE.test(tree.text)) return false;
    }
    throw mismatch(tree, "true or false");
  },
  render: (value) => value,
};

/** A whole number of 0 or more; a fraction is cut off. Spec CFG-6. */
export const uint: Type<number> = {
  zero: 0,
  read(tree) {
    const value = Math.trunc(numberOf(tree) ?? Number.NaN);
    if (!(value >= 0 && value <= UINT64_MAX)) throw mismatch(tree, "a whole number of 0 or more");
    return value + 0; // -0 is 0.
  },
  render: (value) => value,
};

export const integer: Type<number> = {
  zero: 0,
  read(tree) {
    const value = Math.trunc(numberOf(tree) ?? Number.NaN);
    if (!Number.isSafeInteger(value)) throw mismatch(tree, "a whole number");
    return value + 0;
  },
  render: (value) => value,
};

export const float: Type<number> = {
  zero: 0,
  read(tree) {
    const value = numberOf(tree);
    if (value === undefined) throw mismatch(tree, "a number");
    return value;
  },
  render: (value) => value,
};

// The numbers of YAML 1.1 as go-yaml knows them: underscores, 0x, 0o or a leading 0 for octal, 0b, .inf, .nan.
function numberOf(tree: Tree): number | undefined {
  if (tree.kind !== "scalar" || !tree.plain) return undefined;
  const special = /^([-+]?)\.(?:(inf|Inf|INF)|nan|NaN|NAN)$/.exec(tree.text);
  if (special !== null) {
    const value = special[2] === undefined ? Number.NaN : Number.POSITIVE_INFINITY;
    return special[1] === "-" ? -value : value;
  }
  const plain = tree.text.replaceAll("_", "");
  const based = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+))$/.exec(plain);
  if (based !== null) {
    const [, sign, hex, binary, octal] = based;
    const value =
      hex === undefined ? parseInt(binary ?? octal!, binary === undefined ? 8 : 2) : parseInt(hex, 16);
    return sign === "-" ? -value : value;
  }
  return DECIMAL.test(plain) ? Number(plain) : undefined;
}

/** Milliseconds, written as `1h30m`. Spec CFG-16 to CFG-18. */
export const duration: Type<number> = {
  zero: 0,
  read: (tree) => parsed(tree, "a duration such as 30s", parseDuration),
  render: formatDuration,
};

/** Bytes, written as `15MB`; negative ones mean no limit. Spec CFG-19. */
export const size: Type<number> = {
  zero: 0,
  read: (tree) => parsed(tree, "a size such as 15MB", parseSize),
  render: (value) => (value < 0 ? `-${formatSize(-value)}` : formatSize(value)),
};

function parsed(tree: Tree, expected: string, parse: (written: string) => number): number {
  const written = scalarText(tree, expected);
  try {
    return parse(written);
  } catch (error) {
    if (error instanceof DurationError || error instanceof SizeError) {
      throw new Mismatch(tree, `${error.message}, expected ${expected}`);
    }
    throw error;
  }
}

/** The name of a label under the UTF-8 scheme. */
export const labelName: Type<string> = {
  zero: "",
  read(tree) {
    const name = scalarText(tree, "a label name");
    if (!isValidLabelName(name)) throw new Mismatch(tree, `${goQuote(name)} is not a valid label name`);
    return name;
  },
  render: (value) => value,
};

/** One of a few texts; `refuse` words the complaint about another one. Null or "" is `zero` where that is given. */
export function oneOf<const Value extends string>(
  values: readonly Value[],
  refuse: (written: string) => string = (written) =>
    `unknown value ${goQuote(written)}, expected one of ${values.filter((value) => value !== "").join(", ")}`,
): Type<Value> {
  return {
    zero: "" as Value, // A block's check refuses it where it must not be.
    read(tree) {
      const written = scalarText(tree, `one of ${values.join(", ")}`);
      const found = values.find((value) => value === written);
      if (found === undefined) throw new Mismatch(tree, refuse(written));
      return found;
    },
    render: (value) => value,
  };
}

/** A value that may be missing; null is missing. */
export function optional<T>(type: Type<T>): Type<T | undefined> {
  return {
    zero: undefined,
    read: (tree, place) => type.read(tree, place),
    // A block that is there but says nothing still shows.
    render: (value) => (value === undefined ? undefined : (type.render(value) ?? {})),
  };
}

/** A list; faulty entries are reported one by one. */
export function list<T>(type: Type<T>, options: { readonly flow?: boolean } = {}): Type<readonly T[]> {
  return {
    zero: [],
    read(tree, place) {
      if (tree.kind !== "sequence") throw mismatch(tree, 'a list (entries in brackets or each after "- ")');
      const values: T[] = [];
      for (const [index, item] of tree.items.entries()) {
        const at = place.at(`[${index}]`);
        if (!isNull(item)) {
          const value = readOr<T | undefined>(type, item, at, undefined);
          if (value !== undefined) values.push(value);
        } else if (type.nullEntry === undefined) values.push(type.zero);
        else at.report(item.offset, type.nullEntry);
      }
      return values;
    },
    render(values) {
      if (options.flow === true) return new FlowList(values as readonly string[]);
      return values.map((value) => type.render(value)).filter((item) => item !== undefined);
    },
  };
}

/** A mapping whose keys are the user's own; keys keep the order of the file and print sorted. */
export function map<T>(type: Type<T>): Type<Readonly<Record<string, T>>> {
  return {
    zero: {},
    read(tree, place) {
      if (tree.kind !== "mapping") throw mismatch(tree, "a mapping of names to values");
      const values: [string, T][] = [];
      for (const { key, value } of tree.entries.values()) {
        values.push([key, isNull(value) ? type.zero : readOr(type, value, place.at(key), type.zero)]);
      }
      return Object.fromEntries(values);
    },
    render(values) {
      const rendered: Record<string, Rendered> = {};
      for (const key of Object.keys(values).toSorted()) {
        const one = type.render(values[key]!);
        if (one !== undefined) rendered[key] = one;
      }
      return rendered;
    },
  };
}

/** Null entries of lists of this block are refused with `complaint`. */
export function refusingNull<T>(type: BlockType<T>, complaint: string): Type<T> {
  return { ...type, nullEntry: complaint };
}
