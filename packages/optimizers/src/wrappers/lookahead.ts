import { assign, type State, type Tensor } from '@hebb/tensor';
import { between, checkOptions, requireInteger, type OptionNames } from '@hebb/tensor/arguments';
import type { Gradients } from '../gradients.ts';
import type { TrainingOptimizer } from '../training-optimizer.ts';
import { KeptTensors } from './tensors.ts';
import { allParametersOf, OptimizerWrapper } from './wrapper.ts';

export interface LookaheadOptions {
  /** Updates from one synchronisation to the next. Default 5. */
  steps?: number;
  /** How far the slow weights go towards the fast ones; ≥ 0 and ≤ 1. Default 0.5. */
  alpha?: number;
}

const lookaheadOptions: OptionNames<LookaheadOptions> = { steps: true, alpha: true };

/**
 * Lookahead (Zhang et al. 2019, arXiv:1907.08610): after every `steps` updates p of the wrapped optimizer, slow weights s follow,
 * s ← s + alpha · (p − s), and the parameters go on from there, p ← s. The slow weights begin at the parameters before their first update.
 *
 * ```ts
 * const weight = variable(tensor([8]), { requiresGrad: true });
 * const optimizer = new Lookahead(new SGD([weight], { learningRate: 1 }), { steps: 2 });
 * for (let i = 0; i < 2; i++) optimizer.step([tensor([2])]);  // 6, then 4, halfway back to 8
 * await weight.toArray();  // [6]
 * ```
 */
export class Lookahead<T extends TrainingOptimizer = TrainingOptimizer> extends OptimizerWrapper<T> {
  static override readonly type: string = 'Lookahead';

  readonly steps: number;
  readonly alpha: number;
  readonly #parameters: ReadonlyMap<string, Tensor>;
  readonly #slow: KeptTensors;

  constructor(optimizer: T, options: LookaheadOptions = {}) {
    checkOptions('Lookahead', options, lookaheadOptions);
    const { steps = 5, alpha = 0.5 } = options;
    requireInteger('Lookahead', 'steps', steps, 1);
    between(0, 1)('Lookahead', 'alpha', alpha);
    super(optimizer);
    this.steps = steps;
    this.alpha = alpha;
    this.#parameters = allParametersOf(optimizer);
    this.#slow = new KeptTensors(this.#parameters);
  }

  step(gradients?: Gradients): void {
    const cohorts = this.#slow.cohorts.of(this.parameters.keys());
    for (const cohort of cohorts) {
      if (!cohort.decide((count) => count === 0)) continue;
      for (const name of cohort.names)
        assign(this.#slow.of(name), (this.#parameters.get(name) as Tensor).detach().to('float32'));
    }
    if (!this.stepWrapped(gradients)) return;
    for (const cohort of cohorts) {
      const synchronises = cohort.decide((count) => (count + 1) % this.steps === 0);
      cohort.tick();
      if (!synchronises) continue;
      for (const name of cohort.names) {
        const [slow, parameter] = [this.#slow.of(name), this.#parameters.get(name) as Tensor];
        assign(slow, slow.add(parameter.sub(slow).mul(this.alpha)));
        assign(parameter, slow.to(parameter.dtype));
      }
    }
  }

  protected ownState(): Readonly<Record<string, State>> {
    return { state: this.#slow.state('slow') };
  }

  protected ownDifferences({ state }: Readonly<Record<string, unknown>>): readonly string[] {
    return this.#slow.differences(state, 'slow');
  }

  protected loadOwnState({ state }: Readonly<Record<string, unknown>>): void {
    this.#slow.load(state, 'slow');
  }
}
