import path from "node:path";

/** Names in a directory; empty when it is not there. */
type ListDirectory = (directory: string) => readonly string[];

/**
 * The files that `pattern` matches, sorted, spelled as the pattern spells their directory. Without special
 * characters it is the pattern itself, when that exists. `*`, `?`, `[a-z]` and `\` as in Go's `filepath.Match`.
 */
export function matchFiles(pattern: string, listDirectory: ListDirectory): string[] {
  if (pattern === "") return [];
  const { dir, base } = path.parse(pattern);
  const directories = hasSpecials(dir) ? matchFiles(dir, listDirectory) : [dir];
  const found: string[] = [];
  for (const directory of directories) {
    const names = listDirectory(directory === "" ? "." : directory);
    for (const name of names) {
      if (matchesName(base, name)) found.push(path.join(directory, name));
    }
  }
  return found.toSorted();
}

function hasSpecials(text: string): boolean {
  return /[*?[\\]/.test(text);
}

/** Whether a file name matches one part of a pattern; a broken pattern matches nothing. */
function matchesName(pattern: string, name: string): boolean {
  const parts = splitPattern(pattern);
  return parts !== undefined && matchParts(parts, Array.from(name));
}

type Part =
  | { readonly kind: "star" }
  | { readonly kind: "one"; readonly accepts: (character: string) => boolean };

function splitPattern(pattern: string): Part[] | undefined {
  const characters = Array.from(pattern);
  const parts: Part[] = [];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i]!;
    if (character === "*") parts.push({ kind: "star" });
    else if (character === "?") parts.push({ kind: "one", accepts: () => true });
    else if (character === "[") {
      const close = characters.indexOf("]", characters[i + 1] === "^" ? i + 3 : i + 2);
      if (close === -1) return undefined;
      parts.push({ kind: "one", accepts: classOf(characters.slice(i + 1, close)) });
      i = close;
    } else {
      if (character === "\\") i++;
      const literal = characters[i];
      if (literal === undefined) return undefined;
      parts.push({ kind: "one", accepts: (each) => each === literal });
    }
  }
  return parts;
}

// What stands between brackets: characters and ranges, a leading ^ for the opposite.
function classOf(characters: readonly string[]): (character: string) => boolean {
  const opposite = characters[0] === "^";
  const ranges: [low: string, high: string][] = [];
  for (let i = opposite ? 1 : 0; i < characters.length; i++) {
    const low = characters[i]!;
    const isRange = characters[i + 1] === "-" && i + 2 < characters.length;
    ranges.push([low, isRange ? characters[i + 2]! : low]);
    if (isRange) i += 2;
  }
  return (character) => ranges.some(([low, high]) => low <= character && character <= high) !== opposite;
}

// Greedy with one point to come back to, so that many stars cost no more than one.
function matchParts(parts: readonly Part[], name: readonly string[]): boolean {
  let part = 0;
  let at = 0;
  let starPart = -1;
  let starAt = 0;
  while (at < name.length) {
    const current = parts[part];
    if (current?.kind === "star") {
      starPart = part++;
      starAt = at;
    } else if (current?.accepts(name[at]!) === true) {
      part++;
      at++;
    } else if (starPart !== -1) {
      part = starPart + 1;
      at = ++starAt;
    } else return false;
  }
  return parts.slice(part).every(({ kind }) => kind === "star");
}
