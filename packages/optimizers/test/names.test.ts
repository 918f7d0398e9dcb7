/** What states call the classes that they are of: names that a minifier leaves alone. */
import { tensor, variable, type Tensor } from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import { AdamW, EMA, Optimizer, OptimizerWrapper, SGD, type WithGroups } from '../src/index.ts';

const weight = (): Tensor => variable(tensor([1]), { requiresGrad: true });

/** Classes of a user as a minifier leaves them: all but the literals. */
class a extends Optimizer<{ learningRate: number }> {
  static override readonly type: string = 'Lion';
  constructor(parameters: Tensor[], options: WithGroups<{ learningRate: number }> = {}) {
    super(parameters, options, { learningRate: 0.1 });
  }
  protected scalars(): Record<string, never> {
    return {};
  }
  protected update(parameter: Tensor): { parameter: Tensor } {
    return { parameter };
  }
}
class b extends OptimizerWrapper {
  static override readonly type: string = 'Counting';
  step(): void {
    this.stepWrapped();
  }
  protected ownState(): Record<string, never> {
    return {};
  }
  protected ownDifferences(): readonly string[] {
    return [];
  }
  protected loadOwnState(): void {
    // It has none.
  }
}

describe('states', () => {
  it('name optimizers and wrappers by their static type', () => {
    expect(new a([weight()]).stateDict().type).toBe('Lion');
    expect(new EMA(new SGD([weight()])).stateDict()).toMatchObject({ type: 'EMA', wrapped: { type: 'SGD' } });
    expect(new b(new a([weight()])).stateDict()).toMatchObject({ type: 'Counting', wrapped: { type: 'Lion' } });
  });

  it('name by it what does not fit, too', () => {
    const lion = new a([weight()]);
    expect(lion.differences(new AdamW([weight()]).stateDict())).toEqual(['the state is that of AdamW, not of Lion']);
    expect(() => new b(lion).loadStateDict(new EMA(lion).stateDict())).toThrow(
      '[Counting.loadStateDict] the state does not fit: the state is that of EMA, not of Counting.',
    );
    expect(() => lion.step()).toThrow('[Lion.step] no parameter has a gradient');
    expect(() => void (lion.learningRate = -1)).toThrow('[Lion] learningRate must be');
  });

  it('do not take a class for the one that it extends', () => {
    class Changed extends AdamW {}
    const optimizer = new Changed([weight()]);
    expect(optimizer.stateDict().type).toBe('Changed');
    expect(new AdamW([weight()]).differences(optimizer.stateDict())).toEqual([
      'the state is that of Changed, not of AdamW',
    ]);
  });
});
