/** The name that was probably meant. */

/** What other libraries call it. Spelling, case and underscores are compared apart from this. */
const aliases: Readonly<Record<string, readonly string[]>> = {
  alpha: ['learningRate', 'slope'],
  amsgrad: [],
  beta: ['betas', 'momentum'],
  beta1: ['betas'],
  beta2: ['betas'],
  bs: ['batchSize'],
  ddof: ['correction'],
  decay: ['weightDecay'],
  dim: ['axis', 'axes'],
  epsilon: ['eps'],
  fillvalue: ['value'],
  gamma: ['factor'],
  generator: ['seed'],
  keepdim: ['keepDims'],
  labels: ['classNames'],
  lr: ['learningRate', 'peak', 'initial'],
  maxlr: ['peak'],
  minlr: ['minimum'],
  navalues: ['missing'],
  nepochs: ['epochs'],
  numepochs: ['epochs'],
  numclasses: ['classCount', 'classes'],
  onbadlines: ['badRows'],
  p: ['probability', 'dropout'],
  posweight: ['positiveWeight'],
  randomstate: ['seed'],
  rate: ['learningRate'],
  sep: ['delimiter'],
  separator: ['delimiter'],
  stepsize: ['every'],
  stratify: ['by'],
  targetnames: ['classNames'],
  testsize: ['test'],
  tmax: ['steps'],
  totalsteps: ['steps'],
  trainable: ['requiresGrad'],
  unbiased: ['correction'],
  unktoken: ['unknownToken'],
  warmupsteps: ['warmup'],
  wd: ['weightDecay'],
};

const folded = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** The one of `known` that is most like `name`, if any is. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const given = folded(name);
  if (given === '') return undefined;
  const alias = (Object.hasOwn(aliases, given) ? (aliases[given] ?? []) : []).find((other) => known.includes(other));
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
