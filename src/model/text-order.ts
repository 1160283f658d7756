/**
 * Order of two texts by their UTF-8 bytes, which is the order of their code points: negative, 0 or positive.
 * JavaScript's own `<` compares UTF-16 units and puts U+10000 and up before U+E000.
 */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const unitA = a.charCodeAt(i);
    const unitB = b.charCodeAt(i);
    if (unitA !== unitB) return liftSurrogate(unitA) - liftSurrogate(unitB);
  }
  return a.length - b.length;
}

// Moves surrogates above the rest of the basic plane, where their code points belong.
function liftSurrogate(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
