import type { Tree } from "./yaml-tree.ts";

/**
 * `text` with `$name` and `${name}` replaced by the variables of `environment`; unset and empty ones are passed
 * to `onMissing` and become nothing. Source: spec CFG-13 to CFG-15.
 */
export function expandEnvironment(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
  onMissing: (name: string) => void,
): string {
  const look = (name: string): string => {
    const value = environment[name] ?? "";
    if (value === "") onMissing(name);
    return value;
  };
  // `$$`, a whole `${name}`, an opening that is never closed, a name (one special character, or letters).
  const reference = /\$(?:(\$)|\{([^}]*)\}|(\{)|([*#@!?\-0-9]|\w+))/g;
  return text.replaceAll(reference, (_all, dollar, braced, open, name) => {
    if (dollar !== undefined) return "$";
    if (open !== undefined) return "";
    if (braced === "" || braced === "$") return braced;
    return look(braced ?? name);
  });
}

/**
 * A tree with `${NAME}` in its values replaced by the variables of `environment`; what is between `$$` and `{` stays as
 * it is, with one `$` less. Only names that a shell takes are looked up, so `$1` and `${1}` of relabelling rules are
 * left alone. Variables that are not set go to `onMissing`.
 */
export function expandTree(
  tree: Tree,
  environment: Readonly<Record<string, string | undefined>>,
  onMissing: (name: string, offset: number) => void,
): Tree {
  switch (tree.kind) {
    case "scalar": {
      if (!tree.text.includes("${")) return tree;
      const text = tree.text.replaceAll(
        /\$(\$?)\{([A-Za-z_][A-Za-z0-9_]*)\}/g,
        (whole, escape: string, name: string) => {
          if (escape !== "") return whole.slice(1);
          const value = environment[name];
          if (value === undefined) onMissing(name, tree.offset);
          return value ?? "";
        },
      );
      return { ...tree, text };
    }
    case "sequence":
      return { ...tree, items: tree.items.map((item) => expandTree(item, environment, onMissing)) };
    case "mapping": {
      const entries = [...tree.entries].map(
        ([key, entry]) =>
          [key, { ...entry, value: expandTree(entry.value, environment, onMissing) }] as const,
      );
      return { ...tree, entries: new Map(entries) };
    }
  }
}
