/** The name that was probably meant. */

/** What other libraries call options, by the folded name. Spelling, case and underscores are compared apart from this. */
export type Aliases = Readonly<Record<string, readonly string[]>>;

/** Of options of tensors; those of the other packages are in aliases.ts. */
const ownAliases: Aliases = {
  ddof: ['correction'],
  dim: ['axis', 'axes'],
  p: ['probability', 'dropout'],
  trainable: ['requiresGrad'],
  unbiased: ['correction'],
};

const folded = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** The one of `known` that is most like `name`, if any is, or that `aliases` of other packages than this one call so. */
export function nearest(name: string, known: readonly string[], aliases: Aliases = {}): string | undefined {
  const given = folded(name);
  if (given === '') return undefined;
  const called = [ownAliases, aliases].flatMap((table) => (Object.hasOwn(table, given) ? (table[given] ?? []) : []));
  const alias = called.find((other) => known.includes(other));
  if (alias !== undefined) return alias;
  let best: string | undefined;
  // A third of the letters may differ.
  let allowed = Math.max(1, Math.floor(given.length / 3));
  for (const candidate of known) {
    const distance = editDistance(given, folded(candidate));
    if (distance > allowed || (distance === allowed && best !== undefined)) continue;
    best = candidate;
    allowed = distance;
  }
  return best ?? known.find((candidate) => given.length > 3 && folded(candidate).startsWith(given));
}

/** Letters to insert, delete, replace or swap with their neighbour (Damerau 1964, in its restricted form). */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [];
  for (let i = 0; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      if (i === 0) {
        row.push(j);
        continue;
      }
      const same = a[i - 1] === b[j - 1];
      const above = rows[i - 1] ?? [];
      let distance = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        distance = Math.min(distance, (rows[i - 2]?.[j - 2] ?? 0) + 1);
      row.push(distance);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}
