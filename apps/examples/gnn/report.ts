/** What the report shows beside the figures. */
import type { Callback, Every, GraphEncoder, Run, Section, Stateful } from 'hebb';
import { tensorsOf, type Network } from './graphs.ts';

type Looks = {
  readonly steps: readonly number[];
  /** The two logits of each member. */
  readonly logits: readonly Float32Array[];
};

/** What the network makes of all members before the training, and after 25, 50, 100 and 200 steps: the pictures of the appendix of Kipf & Welling 2017. A checkpoint holds them. */
export class MemberPictures implements Callback, Stateful<Looks> {
  static readonly type: string = 'MemberPictures';
  readonly every: Every = { steps: 25 };
  readonly #model: GraphEncoder;
  readonly #network: Network;
  #steps: number[] = [];
  #logits: Float32Array[] = [];

  constructor(model: GraphEncoder, network: Network) {
    this.#model = model;
    this.#network = network;
  }

  async onTrainStart(run: Run): Promise<void> {
    [this.#steps, this.#logits] = [[], []];
    await this.onPause(run);
  }

  /** Between two steps, so that nothing moves meanwhile. */
  async onPause({ step }: Run): Promise<void> {
    if (![0, 25, 50, 100, 200].includes(step)) return;
    const { x, edges } = tensorsOf(this.#network);
    this.#logits.push(Float32Array.from(await this.#model.forward(x, edges).data(), Number));
    this.#steps.push(step);
  }

  sections(): Section[] {
    return this.#steps.map((step, i) => members(this.#network, this.#logits[i] ?? [], step));
  }

  stateDict(): Looks {
    return { steps: [...this.#steps], logits: [...this.#logits] };
  }

  loadStateDict({ steps, logits }: Looks): void {
    this.#steps = [...steps];
    this.#logits = [...logits];
  }
}

/** A dot for each member of the club: the two logits, [34, 2]. */
function members(network: Network, at: ArrayLike<number>, step: number): Section {
  return {
    kind: 'chart',
    title: step === 0 ? 'Before training' : `After ${step} steps`,
    text:
      step === 0
        ? 'A dot for each member: what a network with weights drawn at random makes of them. Who knows the same people lies close already.'
        : 'The colours were not told, but for two.',
    series: network.classNames.map((name, side) => ({
      name: `with the ${name}`,
      look: 'dots',
      points: Array.from({ length: network.nodes }, (_, i) => i)
        .filter((i) => network.labels[i] === side)
        .map((i): [number, number] => [at[2 * i] ?? 0, at[2 * i + 1] ?? 0]),
    })),
    x: { label: 'logit of the instructor' },
    y: { label: 'logit of the president' },
  };
}

/** The accuracy of each network, over the splits. */
export function topics(
  rows: readonly (readonly [network: string, mean: number, deviation: number])[],
  splits: number,
): Section {
  return {
    kind: 'table',
    title: 'Topics of papers',
    text: `20 papers of each topic were labelled, 30 decided when to stop; means over ${splits} random splits, as in Shchur et al. 2018.`,
    columns: [
      { title: 'network' },
      { title: 'accuracy', format: 'percent' },
      { title: 'deviation', format: 'percent' },
    ],
    rows,
  };
}

/** Pairs of nodes, int32 [2, pairs], which of them have an edge, and the logits that say so. */
interface JudgedPairs {
  readonly pairs: Int32Array;
  readonly isEdge: ArrayLike<number>;
  readonly logits: readonly number[];
}

/**
 * How well edges are told from pairs without one, and some of both: those it is surest of, and its worst mistakes.
 *
 * @param known the edges that it goes over, [2, edges]
 */
export function judgedPairs(network: Network, known: Int32Array, { pairs, isEdge, logits }: JudgedPairs): Section[] {
  const all = logits.map((logit, i) => ({
    nodes: [pairs[i] ?? 0, pairs[logits.length + i] ?? 0] as const,
    isEdge: isEdge[i] === 1,
    probability: 1 / (1 + Math.exp(-logit)),
  }));
  all.sort((a, b) => b.probability - a.probability);
  const [edges, others] = [all.filter((each) => each.isEdge), all.filter((each) => !each.isEdge)];
  const neighbours = neighboursIn(known, network.nodes);
  const shown = new Set([edges, others].flatMap((each) => [...each.slice(0, 3), ...each.slice(-3)]));
  return [
    {
      kind: 'chart',
      title: 'Probabilities of an edge',
      text: 'Of the pairs of the test, the share that is given each probability. Where the two overlap, they cannot be told apart.',
      series: [
        { name: 'without an edge', look: 'bars', points: shares(others.map(({ probability }) => probability)) },
        { name: 'with an edge', look: 'marked', points: shares(edges.map(({ probability }) => probability)) },
      ],
      x: { label: 'probability', range: [0, 1] },
      y: { label: 'share of the pairs', format: 'percent', range: [0, undefined] },
    },
    {
      kind: 'chart',
      title: 'Found and mistaken',
      text: 'Whoever takes all pairs above some probability for edges finds some of them, and is mistaken in some others: the curve of all such thresholds. The area under it is how often a pair with an edge is thought likelier than one without; 50 % is what guessing gets.',
      series: [
        { name: 'the network', points: curveOf(all, edges.length, others.length) },
        { name: 'guessing', look: 'reference', points: [[0, 0], [1, 1]] }, // prettier-ignore
      ],
      x: { label: 'mistaken, of pairs without an edge', format: 'percent', range: [0, 1] },
      y: { label: 'found, of the edges', format: 'percent', range: [0, 1] },
    },
    {
      kind: 'table',
      title: 'Pairs of the test',
      text: 'Of pairs with an edge and of those without, the likeliest and the least likely three. In common are neighbours, by the edges that it goes over.',
      columns: [
        { title: 'pair' },
        { title: 'edge' },
        { title: 'probability', format: 'percent' },
        { title: 'in common', format: 'count' },
        { title: '' },
      ],
      rows: Array.from(shown, ({ nodes: [a, b], isEdge, probability }) => [
        `${nameOf(network, a)} – ${nameOf(network, b)}`,
        isEdge ? 'yes' : 'no',
        probability,
        [...(neighbours[a] ?? [])].filter((each) => neighbours[b]?.has(each)).length,
        isEdge === probability > 0.5 ? '✓' : '✗',
      ]),
    },
  ];
}

const nameOf = ({ classNames, labels }: Network, node: number): string =>
  `${node} (${(classNames[labels[node] ?? 0] ?? '').replaceAll('_', ' ')})`;

function neighboursIn(edges: Int32Array, nodes: number): Set<number>[] {
  const found = Array.from({ length: nodes }, () => new Set<number>());
  const count = edges.length / 2;
  for (let k = 0; k < count; k++) found[edges[k] ?? 0]?.add(edges[count + k] ?? 0);
  return found;
}

/** The share in each twentieth, at its middle. */
function shares(probabilities: readonly number[]): [number, number][] {
  const counts = new Array<number>(20).fill(0);
  for (const each of probabilities) {
    const bin = Math.min(19, Math.floor(20 * each));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts.map((count, bin) => [(bin + 0.5) / 20, count / probabilities.length]);
}

/** The share of pairs without an edge and of edges above each threshold, from the likeliest pair on. */
function curveOf(sorted: readonly { readonly isEdge: boolean }[], edges: number, others: number): [number, number][] {
  let [found, mistaken] = [0, 0];
  return [
    [0, 0],
    ...sorted.map(({ isEdge }): [number, number] => {
      if (isEdge) found++;
      else mistaken++;
      return [mistaken / others, found / edges];
    }),
  ];
}
