import { ArgumentError, Tensor } from '@hebb/tensor';
import { describe, isPlain } from '@hebb/tensor/arguments';
import { Module, type AnyModule } from '../module/module.ts';

/**
 * Modules one after the other: y = mₙ(… m₂(m₁(x))), each a function of one tensor. They are named by their numbers, from '0' on.
 *
 * Throws {@link ArgumentError} where a module returns anything but a tensor to the next one.
 *
 * ```ts
 * const model = new Sequential(new Linear(4, 8), new ReLU(), new Linear(8, 3));
 * [...model.namedParameters().keys()];  // ['0.weight', '0.bias', '2.weight', '2.bias']
 * ```
 */
export class Sequential extends Module implements Iterable<Module> {
  static override readonly type: string = 'Sequential';
  static override readonly positional: readonly string[] = ['...modules'];

  readonly modules: readonly Module[];

  constructor(...modules: Module[]) {
    super();
    modules.forEach((module: unknown, i) => {
      if (module instanceof Module) return;
      throw new ArgumentError(
        `[Sequential] argument ${i} is ${Array.isArray(module) ? 'an array' : typeof module}, not a module.`,
        {
          hint: 'Pass the modules one by one: new Sequential(a, b), or new Sequential(...list).',
        },
      );
    });
    this.modules = modules;
    // Errors name the modules in here by at least their number, also where nothing further out was walked yet.
    this.namedModules();
  }

  override members(): Iterable<readonly [string, Module]> {
    return this.modules.map((module, i) => [String(i), module] as const);
  }

  override replaceMember(name: string, value: Tensor | AnyModule): void {
    (this.modules as AnyModule[])[Number(name)] = value as AnyModule;
  }

  forward(x: Tensor): Tensor {
    return this.modules.reduce((value, module, i) => {
      if (i > 0) requireOneValue(value, i - 1, this.modules);
      return module.forward(value);
    }, x);
  }

  get length(): number {
    return this.modules.length;
  }

  /** The module at a position; negative positions count from the end. */
  at(index: number): Module | undefined {
    return this.modules.at(index);
  }

  [Symbol.iterator](): Iterator<Module> {
    return this.modules[Symbol.iterator]();
  }
}

/** Throws {@link ArgumentError} where a module returned more than the one tensor that the next one takes. */
function requireOneValue(value: unknown, position: number, modules: readonly Module[]): void {
  if (value instanceof Tensor) return;
  const names = isPlain(value) ? `{ ${Object.keys(value).join(', ')} }` : describe(value);
  throw new ArgumentError(
    `[Sequential] module ${position}, ${modules[position]?.describe()}, returned ${names}; one tensor is passed on.`,
    { hint: 'Write a module of your own, whose forward hands on what it needs: output.' },
  );
}
