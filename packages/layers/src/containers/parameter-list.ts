import { ArgumentError, guard, type Tensor } from '@hebb/tensor';
import { describe } from '@hebb/tensor/arguments';
import type { ModuleConfig } from '../module/build.ts';
import { Module } from '../module/module.ts';
import {
  fromParameterConfig,
  parameterConfig,
  printParameters,
  toParameter,
  type ParameterConfig,
} from './parameter-entry.ts';

/**
 * Parameters in a list, for a `forward` of your own that goes over them; PyTorch's `ParameterList`. They are named by their numbers, from '0' on. An array in a field is walked
 * just as well and has the same names; a list of this class may be shared and added to, and says in a configuration which shapes it holds. Its values are of the state: one that
 * `fromConfig` makes has zeros until they are loaded.
 *
 * Shapes: any, each parameter its own. A tensor that is no variable becomes a new parameter that starts with it.
 *
 * Throws {@link ArgumentError} for what is no tensor, and for buffers.
 *
 * ```ts
 * class Mixture extends Module {
 *   readonly scales = new ParameterList([ones([4]), zeros([4])]);
 *   forward(x: Tensor): Tensor {
 *     let sum = x;
 *     for (const scale of this.scales) sum = sum.add(x.mul(scale));
 *     return sum;
 *   }
 * }
 * [...new Mixture().namedParameters().keys()];  // ['scales.0', 'scales.1']
 * ```
 */
export class ParameterList extends Module<never, never> implements Iterable<Tensor> {
  static override readonly type: string = 'ParameterList';

  #parameters: readonly Tensor[];

  constructor(parameters: readonly Tensor[] = []) {
    super();
    if (!Array.isArray(parameters))
      throw new ArgumentError(`[ParameterList] parameters come in an array, not as ${describe(parameters)}.`, {
        hint: 'new ParameterList([a, b]).',
      });
    this.#parameters = (parameters as readonly unknown[]).map((value, i) =>
      toParameter('ParameterList', `parameters[${i}]`, value),
    );
  }

  static fromConfig(config: ModuleConfig): ParameterList {
    return new ParameterList((config['entries'] as readonly ParameterConfig[]).map(fromParameterConfig));
  }

  override config(): ModuleConfig {
    return { ...super.config(), entries: this.#parameters.map(parameterConfig) };
  }

  override members(): Iterable<readonly [string, Tensor]> {
    return this.#list().map((parameter, i) => [String(i), parameter] as const);
  }

  override replaceMember(name: string, value: unknown): void {
    const parameter = toParameter('ParameterList', name, value);
    this.#parameters = this.#parameters.map((before, i) => (String(i) === name ? parameter : before));
  }

  override toString(): string {
    return printParameters('ParameterList', [...this.members()]);
  }

  /** Throws {@link ArgumentError}: a list says nothing of how its parameters are used. */
  forward(): never {
    throw new ArgumentError('[ParameterList] a list computes nothing by itself.', {
      hint: 'Use its parameters: for (const scale of list) x = x.mul(scale).',
    });
  }

  /** Adds a parameter at the end; a tensor that is no variable as the first value of a new one. */
  append(parameter: Tensor): this {
    this.#parameters = [...this.#parameters, toParameter('ParameterList', 'the parameter', parameter)];
    return this;
  }

  get length(): number {
    return this.#list().length;
  }

  /** The parameter at a position; negative positions count from the end. */
  at(index: number): Tensor | undefined {
    return this.#list().at(index);
  }

  [Symbol.iterator](): Iterator<Tensor> {
    return this.#list()[Symbol.iterator]();
  }

  /** In a compiled function they are followed: a call that finds others is recorded anew. */
  #list(): readonly Tensor[] {
    return guard(() => this.#parameters);
  }
}
