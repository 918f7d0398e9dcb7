import { valueAndGrad } from '@hebb/autograd';
import { ArgumentError, assign, compile, concat, realize, Tensor, tensor, type Stateful } from '@hebb/tensor';
import {
  checkOptions,
  describe,
  requireFittingState,
  requireFunction,
  requireInteger,
  requireOneOf,
  wrongArgument,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { requireNonNegative } from '../checks.ts';
import { namedParametersOf, trainableOf, type ParameterSource } from '../gradients.ts';
import { block, optionsText, printable } from '../print.ts';
import { isCount, isRate, isRecord } from '../state.ts';
import { strongWolfe, type LinePoint } from './line-search.ts';

export interface LBFGSOptions {
  /** The step along a direction, or the first that is tried. Default 1. */
  learningRate?: number;
  /** Directions in one call of `step`. Default 20. */
  maxIter?: number;
  /** Evaluations of the loss in one call of `step`, after which no more directions are begun. Default 1.25 maxIter. */
  maxEval?: number;
  /** Ends where no element of the gradient is larger. Default 1e-7. */
  toleranceGrad?: number;
  /** Ends where the loss, and every parameter, changes less. Default 1e-9. */
  toleranceChange?: number;
  /** Pairs of differences that are kept. Default 100. */
  historySize?: number;
  /** 'strong_wolfe' looks for a good step length along each direction. Default: none, the learning rate is the step. */
  lineSearchFn?: 'strong_wolfe';
}

const optionNames: OptionNames<LBFGSOptions> = {
  learningRate: true,
  maxIter: true,
  maxEval: true,
  toleranceGrad: true,
  toleranceChange: true,
  historySize: true,
  lineSearchFn: true,
};

/** What an {@link LBFGS} has learned, under PyTorch's names: differences of gradients (old_dirs) and of parameters (old_stps), all parameters in a row. */
export type LBFGSMemory = {
  readonly func_evals: number;
  readonly n_iter: number;
  readonly d: Tensor;
  readonly t: Tensor;
  readonly old_dirs: readonly Tensor[];
  readonly old_stps: readonly Tensor[];
  /** 1 / (difference of gradients · difference of parameters). */
  readonly ro: readonly Tensor[];
  readonly H_diag: Tensor;
  readonly prev_flat_grad: Tensor;
  readonly prev_loss: number;
};

export type LBFGSState = {
  readonly type: 'LBFGS';
  readonly stepCount: number;
  readonly factor: number;
  readonly learningRate: number;
  /** Names of the parameters that the memory is of, in their order. */
  readonly parameters: readonly string[];
  /** Undefined before the first step. */
  readonly memory: LBFGSMemory | undefined;
};

/** The loss and its gradient where the parameters are now. */
interface Evaluation {
  readonly loss: number;
  readonly gradient: Tensor;
  readonly largest: number;
}

/**
 * L-BFGS (Liu & Nocedal 1989), as PyTorch's: directions by the curvature that the last changes of the gradient show, with a line search where asked for. For
 * losses of all data at once (fitting curves, style transfer, physics): it asks for the loss several times in a step, and the loss has to be the same function each time.
 *
 * With the gradient g, d = −H g, where H is the inverse Hessian as the last `historySize` differences of parameters and gradients tell it (two-loop recursion);
 * p ← p + t d with t = learningRate (in the first iteration learningRate · min(1, 1 / ‖g‖₁)), or by the strong Wolfe conditions.
 *
 * A step is asynchronous, since it decides by values, and cannot be compiled: a task with it says `compiled: false`. What it computes is still graph and stays on the device; of each
 * evaluation a few numbers are read. Vectors are float32, and in all historySize · 2 + 3 times as large as the parameters.
 *
 * ```ts
 * const [a, b] = [variable(tensor(-1)), variable(tensor(1))];
 * const rosenbrock = () => a.neg().add(1).square().add(b.sub(a.square()).square().mul(100));
 * const optimizer = new LBFGS({ a, b }, { lineSearchFn: 'strong_wolfe', maxIter: 100 });
 * await optimizer.step(rosenbrock);
 * await rosenbrock().item() < 1e-9; // true
 * ```
 */
export class LBFGS implements Stateful<LBFGSState> {
  static readonly type = 'LBFGS';

  /** Its step asks for the loss and takes no gradients: nothing for `minimize` and the wrappers. */
  readonly takesClosure = true;
  readonly maxIter: number;
  readonly maxEval: number;
  readonly toleranceGrad: number;
  readonly toleranceChange: number;
  readonly historySize: number;
  readonly lineSearchFn: 'strong_wolfe' | undefined;
  readonly #all: ReadonlyMap<string, Tensor>;
  #trainable: ReadonlyMap<string, Tensor>;
  #learningRate: number;
  #factor = 1;
  #stepCount = 0;
  #memory: LBFGSMemory | undefined;
  /** What the memory is of. */
  #names: readonly string[] = [];
  #stepping = false;
  readonly #back = compile(turnBack);
  readonly #forth = compile(turnForth);

  /** Throws {@link ArgumentError} where there is nothing to optimise, and for options out of range. */
  constructor(parameters: ParameterSource, options: LBFGSOptions = {}) {
    const op = LBFGS.type;
    checkOptions(op, options, optionNames);
    const {
      learningRate = 1,
      maxIter = 20,
      maxEval = Math.floor((maxIter * 5) / 4),
      toleranceGrad = 1e-7,
      toleranceChange = 1e-9,
      historySize = 100,
      lineSearchFn,
    } = options;
    requireNonNegative(op, { learningRate, toleranceGrad, toleranceChange });
    for (const [name, value] of Object.entries({ maxIter, maxEval, historySize })) requireInteger(op, name, value, 1);
    if (lineSearchFn !== undefined) requireOneOf(op, 'lineSearchFn', lineSearchFn, ['strong_wolfe']);
    this.#all = namedParametersOf(op, parameters);
    this.#trainable = this.#all;
    this.#learningRate = learningRate;
    this.maxIter = maxIter;
    this.maxEval = maxEval;
    this.toleranceGrad = toleranceGrad;
    this.toleranceChange = toleranceChange;
    this.historySize = historySize;
    this.lineSearchFn = lineSearchFn;
    printable(this, () => this.toString());
  }

  /** The class with its options as they are now, and the number of parameters. Node's console shows the same. */
  toString(): string {
    const { learningRate, maxIter, maxEval, toleranceGrad, toleranceChange, historySize, lineSearchFn } = this;
    const options = { learningRate, maxIter, maxEval, toleranceGrad, toleranceChange, historySize, lineSearchFn };
    const lines = [optionsText(Object.entries({ ...options, parameters: this.#all.size }))];
    return block(LBFGS.type, this.#factor === 1 ? lines : [`factor: ${this.#factor}`, ...lines]);
  }

  /** What is trained now, by name. */
  get parameters(): ReadonlyMap<string, Tensor> {
    this.#trainable = trainableOf(this.#all, this.#trainable);
    return this.#trainable;
  }

  get learningRate(): number {
    return this.#learningRate;
  }
  set learningRate(learningRate: number) {
    requireNonNegative(LBFGS.type, { learningRate });
    this.#learningRate = learningRate;
  }

  /** What the rate is multiplied by: what a schedule sets. Default 1. */
  get factor(): number {
    return this.#factor;
  }
  set factor(factor: number) {
    requireNonNegative(LBFGS.type, { factor });
    this.#factor = factor;
  }

  /** Calls of {@link step}. */
  get stepCount(): number {
    return this.#stepCount;
  }

  /** Directions that have been taken, and evaluations of the loss, in all steps. */
  get iterations(): number {
    return this.#memory?.n_iter ?? 0;
  }
  get evaluations(): number {
    return this.#memory?.func_evals ?? 0;
  }

  /**
   * Goes down the loss, `maxIter` directions at most, and returns the loss from before the first. `closure` records the loss of the parameters as they are when it is called.
   *
   * Throws {@link ArgumentError} where the closure gives no tensor, and where a step is called while another is under way.
   */
  async step(closure: () => Tensor): Promise<Tensor> {
    const op = 'LBFGS.step';
    requireFunction(op, 'the closure', closure);
    if (this.#stepping)
      throw new ArgumentError(`[${op}] the last step is still under way.`, { hint: 'await optimizer.step(closure).' });
    const { parameters } = this;
    if (parameters.size === 0) throw new ArgumentError(`[${op}] all parameters are frozen.`);
    this.#stepping = true;
    try {
      return await this.#step(parameters, () => {
        const loss: unknown = closure();
        if (loss instanceof Tensor) return loss;
        throw wrongArgument(op, 'the result of the closure', 'a tensor, the loss', loss, 'Record the loss in the closure and return it; it must not be async.'); // prettier-ignore
      });
    } finally {
      this.#stepping = false;
    }
  }

  async #step(parameters: ReadonlyMap<string, Tensor>, closure: () => Tensor): Promise<Tensor> {
    const names = [...parameters.keys()];
    // Curvature is of these parameters in this order.
    if (names.join('\n') !== this.#names.join('\n')) this.#memory = undefined;
    this.#names = names;
    const rate = this.#learningRate * this.#factor;
    let now = await evaluate(parameters, closure);
    const first = tensor(now.loss);
    this.#stepCount++;
    let evaluations = 1;
    let memory = this.#memory;
    const evaluated = memory?.func_evals ?? 0;
    if (now.largest <= this.toleranceGrad) {
      if (memory !== undefined) this.#memory = { ...memory, func_evals: evaluated + evaluations };
      return first;
    }
    for (let iteration = 1; iteration <= this.maxIter; iteration++) {
      const before: LBFGSMemory | undefined = memory;
      const isFirst = before === undefined;
      const curvature = isFirst ? unknownCurvature(now.gradient) : await this.#learned(before, now.gradient);
      const direction = isFirst ? now.gradient.neg() : this.#descent(curvature, now.gradient);
      const [slope, length, size] = await numbers(
        now.gradient.mul(direction).sum(),
        direction.abs().max(),
        now.gradient.abs().sum(),
      );
      let step = isFirst ? Math.min(1, 1 / size) * rate : rate;
      const loss = now.loss;
      const { gradient } = now;
      const remember = (): LBFGSMemory => ({
        func_evals: evaluated + evaluations,
        n_iter: (before?.n_iter ?? 0) + 1,
        d: direction,
        t: tensor(step),
        ...curvature,
        prev_flat_grad: gradient,
        prev_loss: loss,
      });
      if (slope > -this.toleranceChange) {
        memory = remember();
        break;
      }
      const start = flat([...parameters.values()]);
      const at = async (distance: number): Promise<LinePoint<Evaluation>> => {
        place(parameters, start.add(direction.mul(tensor(distance))));
        const found = await evaluate(parameters, closure);
        const [own] = await numbers(found.gradient.mul(direction).sum());
        return { step: distance, loss: found.loss, slope: own, gradient: found };
      };
      await realize(start, direction);
      if (this.lineSearchFn === undefined) {
        place(parameters, start.add(direction.mul(tensor(step))));
        if (iteration < this.maxIter) {
          now = await evaluate(parameters, closure);
          evaluations++;
        }
      } else {
        const from = { step: 0, loss, slope, gradient: now };
        const { toleranceChange } = this;
        const found = await strongWolfe(from, step, at, { toleranceChange, length });
        evaluations += found.evaluations;
        now = found.point.gradient;
        step = found.point.step;
        place(parameters, start.add(direction.mul(tensor(step))));
      }
      await realize([...parameters.values()]);
      memory = remember();
      if (evaluations >= this.maxEval || now.largest <= this.toleranceGrad) break;
      if (length * Math.abs(step) <= this.toleranceChange) break;
      if (Math.abs(now.loss - loss) < this.toleranceChange) break;
    }
    this.#memory = memory;
    return first;
  }

  /** −H g by the two-loop recursion. */
  #descent({ old_dirs, old_stps, ro, H_diag }: Curvature, gradient: Tensor): Tensor {
    let direction = gradient.neg();
    const alphas: Tensor[] = [];
    for (let i = old_dirs.length - 1; i >= 0; i--) {
      const turn = this.#back(direction, old_dirs[i] as Tensor, old_stps[i] as Tensor, ro[i] as Tensor);
      alphas[i] = turn.alpha;
      direction = turn.q;
    }
    direction = direction.mul(H_diag);
    for (const [i, y] of old_dirs.entries())
      direction = this.#forth(direction, y, old_stps[i] as Tensor, ro[i] as Tensor, alphas[i] as Tensor);
    return direction;
  }

  /** The curvature with what the last step has shown. */
  async #learned(memory: LBFGSMemory, gradient: Tensor): Promise<Curvature> {
    const { d, t, prev_flat_grad, old_dirs, old_stps, ro, H_diag } = memory;
    const change = gradient.sub(prev_flat_grad);
    const moved = d.mul(t);
    const product = change.mul(moved).sum();
    const [own] = await numbers(product, change.square().sum(), change, moved);
    if (!(own > 1e-10)) return { old_dirs, old_stps, ro, H_diag };
    const kept = <T>(list: readonly T[], next: T): readonly T[] => [...list, next].slice(-this.historySize);
    const [inverse, scale] = [product.reciprocal(), product.div(change.square().sum())];
    await realize(inverse, scale);
    return {
      old_dirs: kept(old_dirs, change),
      old_stps: kept(old_stps, moved),
      ro: kept(ro, inverse),
      H_diag: scale,
    };
  }

  /** The whole state. */
  stateDict(): LBFGSState {
    return {
      type: LBFGS.type,
      stepCount: this.#stepCount,
      factor: this.#factor,
      learningRate: this.#learningRate,
      parameters: this.#names,
      memory: this.#memory,
    };
  }

  /** Every reason why a state does not fit. */
  differences(given: unknown): readonly string[] {
    if (!isRecord(given) || given['type'] !== LBFGS.type) return ['the state is that of something else, not of LBFGS'];
    const { stepCount, factor, learningRate, parameters, memory } = given;
    const found: string[] = [];
    if (!isCount(stepCount)) found.push(`stepCount must be an integer ≥ 0, not ${describe(stepCount)}`);
    if (!isRate(factor)) found.push(`factor must be a number ≥ 0, not ${describe(factor)}`);
    if (!isRate(learningRate)) found.push(`learningRate must be a number ≥ 0, not ${describe(learningRate)}`);
    if (!Array.isArray(parameters))
      return [...found, `parameters must be a list of names, not ${describe(parameters)}`];
    const unknown = parameters.filter((name) => !this.#all.has(String(name)));
    found.push(...unknown.map((name) => `unexpected ${String(name)}`));
    if (memory === undefined || unknown.length > 0) return found;
    const size = parameters.reduce((total: number, name) => total + (this.#all.get(String(name))?.size ?? 0), 0);
    return [...found, ...memoryDifferences(memory, size)];
  }

  /** Takes over a state. Nothing is changed where an error is thrown. Throws {@link ArgumentError} listing everything that does not fit. */
  loadStateDict(state: LBFGSState): void {
    requireFittingState(LBFGS.type, this.differences(state));
    this.#stepCount = state.stepCount;
    this.#factor = state.factor;
    this.#learningRate = state.learningRate;
    this.#names = state.parameters;
    this.#memory = state.memory;
  }
}

type Curvature = Pick<LBFGSMemory, 'old_dirs' | 'old_stps' | 'ro' | 'H_diag'>;

function unknownCurvature({ dtype }: Tensor): Curvature {
  return { old_dirs: [], old_stps: [], ro: [], H_diag: tensor(1, { dtype }) };
}

/** One turn of the two-loop recursion each: a plan of their own, however many turns there are. */
const turnBack = (q: Tensor, y: Tensor, s: Tensor, inverse: Tensor): { alpha: Tensor; q: Tensor } => {
  const alpha = s.mul(q).sum().mul(inverse);
  return { alpha, q: q.sub(y.mul(alpha)) };
};
const turnForth = (r: Tensor, y: Tensor, s: Tensor, inverse: Tensor, alpha: Tensor): Tensor =>
  r.add(s.mul(alpha.sub(y.mul(r).sum().mul(inverse))));

/** All in a row, as float32. */
function flat(tensors: readonly Tensor[]): Tensor {
  return concat(tensors.map((each) => each.detach().to('float32').reshape([each.size])));
}

/** Puts values that are all in a row into the parameters. */
function place(parameters: ReadonlyMap<string, Tensor>, values: Tensor): void {
  let from = 0;
  for (const parameter of parameters.values()) {
    const own = values.slice([from], [from + parameter.size]);
    assign(parameter, own.reshape(parameter.shape).to(parameter.dtype));
    from += parameter.size;
  }
}

async function evaluate(parameters: ReadonlyMap<string, Tensor>, closure: () => Tensor): Promise<Evaluation> {
  const { value, grads } = valueAndGrad(closure, parameters);
  const gradient = flat([...parameters.keys()].map((name) => grads.get(name) as Tensor));
  const [loss, largest] = await numbers(value, gradient.abs().max(), gradient);
  return { loss, gradient, largest };
}

/** The values of scalars, which are computed together with other tensors. */
async function numbers(...tensors: readonly Tensor[]): Promise<[number, number, number]> {
  await realize([...tensors]);
  const scalars = await Promise.all(tensors.filter(({ ndim }) => ndim === 0).map((each) => each.item()));
  return scalars as [number, number, number];
}

/** Why what is said to be a memory of so many numbers is none. */
function memoryDifferences(memory: unknown, size: number): string[] {
  if (!isRecord(memory)) return [`memory must be an object, not ${describe(memory)}`];
  const found: string[] = [];
  const vector = (name: string, value: unknown, wanted: readonly number[]): void => {
    if (!(value instanceof Tensor && value.dtype === 'float32' && value.shape.join() === wanted.join()))
      found.push(`memory.${name} must be float32[${wanted.join(',')}], not ${describe(value)}`);
  };
  for (const name of ['func_evals', 'n_iter'])
    if (!isCount(memory[name])) found.push(`memory.${name} must be an integer ≥ 0, not ${describe(memory[name])}`);
  if (typeof memory['prev_loss'] !== 'number') found.push(`memory.prev_loss must be a number, not ${describe(memory['prev_loss'])}`); // prettier-ignore
  for (const name of ['d', 'prev_flat_grad']) vector(name, memory[name], [size]);
  for (const name of ['t', 'H_diag']) vector(name, memory[name], []);
  const lists = ['old_dirs', 'old_stps', 'ro'].map((name) => [name, memory[name]] as const);
  for (const [name, list] of lists) {
    if (!Array.isArray(list)) found.push(`memory.${name} must be a list, not ${describe(list)}`);
    else list.forEach((value, i) => vector(`${name}[${i}]`, value, name === 'ro' ? [] : [size]));
  }
  const lengths = new Set(lists.map(([, list]) => (Array.isArray(list) ? list.length : -1)));
  if (lengths.size > 1) found.push('memory.old_dirs, old_stps and ro must be equally long');
  return found;
}
