import { ArgumentError, guard } from '@hebb/tensor';
import { describe } from '@hebb/tensor/arguments';
import { Module, type AnyModule } from '../module/module.ts';
import { printModule } from '../module/print.ts';

/**
 * Modules in a list, for a `forward` of your own that goes over them. They are named by their numbers, from '0' on. An array in a field is walked
 * just as well and has the same names; a list of this class may be shared, replaced by `setMember`, and is a row of its own in a configuration.
 *
 * Throws {@link ArgumentError} for what is no module.
 *
 * ```ts
 * class Tower extends Module {
 *   readonly floors = new ModuleList([new Linear(4, 4), new Linear(4, 4)]);
 *   forward(x: Tensor): Tensor {
 *     let y = x;
 *     for (const floor of this.floors) y = floor.forward(y).relu();
 *     return y;
 *   }
 * }
 * [...new Tower().namedParameters().keys()];  // ['floors.0.weight', 'floors.0.bias', 'floors.1.weight', 'floors.1.bias']
 * ```
 *
 * @typeParam M - what its modules are, so that `forward` of each takes and returns what it should.
 */
export class ModuleList<M extends AnyModule = Module> extends Module<never, never> implements Iterable<M> {
  static override readonly type: string = 'ModuleList';
  static override readonly positional: readonly string[] = ['modules'];

  #modules: readonly M[];

  constructor(modules: readonly M[] = []) {
    super();
    if (!Array.isArray(modules))
      throw new ArgumentError(`[ModuleList] modules come in an array, not as ${describe(modules)}.`, {
        hint: 'new ModuleList([a, b]).',
      });
    modules.forEach((module, i) => requireEntry(`modules[${i}]`, module));
    this.#modules = [...modules];
    // Errors name the modules in here by at least their number, also where nothing further out was walked yet.
    this.namedModules();
  }

  /** The modules. In a compiled function they are followed: a call that finds others is recorded anew. */
  get modules(): readonly M[] {
    return guard(() => this.#modules);
  }

  override members(): Iterable<readonly [string, M]> {
    return this.#modules.map((module, i) => [String(i), module] as const);
  }

  override toString(): string {
    return printModule(this, { repeated: true });
  }

  override replaceMember(name: string, value: AnyModule): void {
    this.#modules = this.#modules.map((module, i) => (String(i) === name ? (value as M) : module));
  }

  /** Throws {@link ArgumentError}: a list says nothing of how its modules are called. */
  forward(): never {
    throw new ArgumentError('[ModuleList] a list computes nothing by itself.', {
      hint: 'Call its modules: for (const module of list) x = module.forward(x); or use Sequential.',
    });
  }

  /** Adds a module at the end. */
  append(module: M): this {
    requireEntry('the module', module);
    this.#modules = [...this.#modules, module];
    this.namedModules();
    return this;
  }

  get length(): number {
    return this.modules.length;
  }

  /** The module at a position; negative positions count from the end. */
  at(index: number): M | undefined {
    return this.modules.at(index);
  }

  [Symbol.iterator](): Iterator<M> {
    return this.modules[Symbol.iterator]();
  }
}

function requireEntry(name: string, module: unknown): void {
  if (!(module instanceof Module))
    throw new ArgumentError(`[ModuleList] ${name} is ${describe(module)}, not a module.`);
}
