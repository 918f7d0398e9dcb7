import { ArgumentError, guard, type Tensor } from '@hebb/tensor';
import { describe, isPlain } from '@hebb/tensor/arguments';
import type { ModuleConfig } from '../module/build.ts';
import { Module } from '../module/module.ts';
import { entryOf, requireEntryName } from './names.ts';
import {
  fromParameterConfig,
  parameterConfig,
  printParameters,
  toParameter,
  type ParameterConfig,
} from './parameter-entry.ts';

/**
 * Parameters by name, for a `forward` of your own that picks among them; PyTorch's `ParameterDict`. The type knows the names. An object in a field is walked just as well and has the
 * same names; a dictionary of this class may be shared, and says in a configuration which shapes it holds. Its values are of the state: one that `fromConfig` makes has zeros until
 * they are loaded. Names are in the order of the object: whole numbers first, as in JavaScript's objects.
 *
 * Shapes: any, each parameter its own. A tensor that is no variable becomes a new parameter that starts with it.
 *
 * Throws {@link ArgumentError} for what is no tensor, for buffers, and for names that are empty or have a dot in them.
 *
 * ```ts
 * class Affine extends Module {
 *   readonly by = new ParameterDict({ scale: ones([4]), shift: zeros([4]) });
 *   forward(x: Tensor): Tensor { return x.mul(this.by.get('scale')).add(this.by.get('shift')); }
 * }
 * [...new Affine().namedParameters().keys()];  // ['by.scale', 'by.shift']
 * ```
 */
export class ParameterDict<K extends string = string>
  extends Module<never, never>
  implements Iterable<readonly [K, Tensor]>
{
  static override readonly type: string = 'ParameterDict';

  #parameters: Readonly<Record<K, Tensor>>;

  constructor(parameters: Readonly<Record<K, Tensor>>) {
    super();
    if (!isPlain(parameters))
      throw new ArgumentError(
        `[ParameterDict] parameters come by name, in an object, not as ${describe(parameters)}.`,
        {
          hint: 'new ParameterDict({ scale: a, shift: b }); of a Map, Object.fromEntries(map).',
        },
      );
    this.#parameters = Object.fromEntries(
      Object.entries<unknown>(parameters).map(([name, value]) => {
        requireEntryName('ParameterDict', 'parameter', name);
        return [name, toParameter('ParameterDict', name, value)];
      }),
    ) as Record<K, Tensor>;
  }

  static fromConfig(config: ModuleConfig): ParameterDict {
    const entries = Object.entries(config['entries'] as Readonly<Record<string, ParameterConfig>>);
    return new ParameterDict(Object.fromEntries(entries.map(([name, entry]) => [name, fromParameterConfig(entry)])));
  }

  override config(): ModuleConfig {
    const entries = this.#entries().map(([name, parameter]) => [name, parameterConfig(parameter)] as const);
    return { ...super.config(), entries: Object.fromEntries(entries) };
  }

  override members(): Iterable<readonly [string, Tensor]> {
    return this.#entries();
  }

  override replaceMember(name: string, value: unknown): void {
    this.#parameters = { ...this.#parameters, [name]: toParameter('ParameterDict', name, value) };
  }

  override toString(): string {
    return printParameters('ParameterDict', this.#entries());
  }

  /** Throws {@link ArgumentError}: names say nothing of how the parameters are used. */
  forward(): never {
    throw new ArgumentError('[ParameterDict] parameters by name compute nothing by themselves.', {
      hint: 'Use one of them: x.mul(dict.get(name)).',
    });
  }

  /** The parameter of a name. Throws {@link ArgumentError} where there is none. */
  get(name: K): Tensor {
    return entryOf('ParameterDict', 'parameter', this.#record(), name);
  }

  /** Whether there is a parameter of that name. */
  has(name: string): name is K {
    return Object.hasOwn(this.#record(), name);
  }

  keys(): K[] {
    return this.#entries().map(([name]) => name);
  }

  get size(): number {
    return this.#entries().length;
  }

  /** Names and parameters. */
  [Symbol.iterator](): Iterator<readonly [K, Tensor]> {
    return this.#entries()[Symbol.iterator]();
  }

  /** In a compiled function they are followed: a call that finds others is recorded anew. */
  #record(): Readonly<Record<K, Tensor>> {
    return guard(() => this.#parameters);
  }

  #entries(): (readonly [K, Tensor])[] {
    return Object.entries<Tensor>(this.#record()) as [K, Tensor][];
  }
}
