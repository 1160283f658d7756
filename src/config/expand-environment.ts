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
