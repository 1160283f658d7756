import type { Branch } from "./regex-shape.ts";

/**
 * Whether the whole of `text` fits `branch`, with every gap taken as any text of at least its length. Linear:
 * between the first and the last literal each one is taken at its first possible place.
 */
export function fitsBranch(text: string, branch: Branch): boolean {
  let at = 0;
  let gapMin = 0;
  let afterGap = false;
  for (let i = 0; i < branch.length; i++) {
    const part = branch[i]!;
    if (typeof part !== "string") {
      gapMin = part.charactersMin;
      afterGap = true;
      continue;
    }
    const isLast = i === branch.length - 1;
    if (!afterGap) {
      if (isLast) return text === part;
      if (!text.startsWith(part)) return false;
      at = part.length;
    } else if (isLast) {
      return text.length - part.length >= at + gapMin && text.endsWith(part);
    } else {
      // A gap of one character may span two units; no literal starts between them, so one unit will do.
      const found = text.indexOf(part, at + gapMin);
      if (found === -1) return false;
      at = found + part.length;
    }
    gapMin = 0;
  }
  return afterGap ? text.length >= at + gapMin : text === "";
}
