/** Lower case character by character, without regard to context or language, as Go's `strings.ToLower`. */
export function lowerCase(text: string): string {
  // Only U+0130 becomes two characters; its simple form is the first of them.
  return mapCharacters(text, (character) => firstCharacter(character.toLowerCase()));
}

/** Upper case character by character; what has no single upper case character stays, as in Go. */
export function upperCase(text: string): string {
  return mapCharacters(text, (character) => {
    const upper = character.toUpperCase();
    return firstCharacter(upper) === upper ? upper : character;
  });
}

function mapCharacters(text: string, map: (character: string) => string): string {
  let mapped = "";
  for (const character of text) mapped += map(character);
  return mapped;
}

function firstCharacter(text: string): string {
  return String.fromCodePoint(text.codePointAt(0)!);
}
