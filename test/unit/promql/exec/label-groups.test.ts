import fc from "fast-check";
import { expect, test } from "vitest";
import { labelsFromRecord, type Labels } from "../../../../src/model/index.ts";
import { ALL_LABELS, LabelGroups, type LabelChoice } from "../../../../src/promql/exec/label-groups.ts";

const labels: fc.Arbitrary<Labels> = fc
  .dictionary(fc.constantFrom("__name__", "a", "b", "c", "d"), fc.constantFrom("", "1", "2", "11"))
  .map(labelsFromRecord);

function plainKey(set: Labels, choice: LabelChoice | typeof ALL_LABELS): string {
  const pairs: string[] = [];
  for (let i = 0; i < set.length; i += 2) {
    const name = set[i]!;
    const isNamed = choice !== ALL_LABELS && choice.names.includes(name);
    const isChosen = choice === ALL_LABELS || (choice.without ? !isNamed && name !== "__name__" : isNamed);
    if (isChosen) pairs.push(name, set[i + 1]!);
  }
  return JSON.stringify(pairs);
}

test.each([
  ["all labels", ALL_LABELS],
  ["only a and c", { names: ["c", "a"], without: false }],
  ["all but b and the name", { names: ["b"], without: true }],
  ["none", { names: [], without: false }],
] as const)("groups by %s are those of equal texts, numbered as they come", (_name, choice) => {
  fc.assert(
    fc.property(fc.array(labels, { maxLength: 300 }), (sets) => {
      const groups = new LabelGroups(choice);
      const plain = new Map<string, number>();
      for (const set of sets) {
        const key = plainKey(set, choice);
        if (!plain.has(key)) plain.set(key, plain.size);
        expect(groups.add(set)).toBe(plain.get(key));
      }
      expect(groups.count).toBe(plain.size);
    }),
  );
});

test("thousands of distinct sets stay distinct", () => {
  const groups = new LabelGroups(ALL_LABELS);
  const sets = Array.from({ length: 5000 }, (_, i) => labelsFromRecord({ a: `${i}`, b: `${i % 7}` }));
  for (const [i, set] of sets.entries()) expect(groups.add(set)).toBe(i);
  for (const [i, set] of sets.entries()) expect(groups.add(set)).toBe(i);
});
