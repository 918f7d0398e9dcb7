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
