import { ArgumentError, guard } from '@hebb/tensor';
import { describe, isPlain } from '@hebb/tensor/arguments';
import { Module, type AnyModule } from '../module/module.ts';
import { entryOf, requireEntryName } from './names.ts';

/**
 * Modules by name, for a `forward` of your own that picks among them. The type knows the names, and what each module is; an object or a Map in a
 * field is walked just as well and has the same names. Names are in the order of the object: whole numbers first, as in JavaScript's objects.
 *
 * Throws {@link ArgumentError} for what is no module, and for names that are empty or have a dot in them.
 *
 * ```ts
 * class Heads extends Module {
 *   readonly heads = new ModuleDict({ cat: new Linear(4, 2), dog: new Linear(4, 3) });
 *   forward(x: Tensor): Tensor { return this.heads.get('dog').forward(x); }
 * }
 * [...new Heads().namedModules().keys()];  // ['', 'heads', 'heads.cat', 'heads.dog']
 * ```
 */
export class ModuleDict<D extends Readonly<Record<string, AnyModule>> = Record<string, Module>>
  extends Module<never, never>
  implements Iterable<readonly [keyof D & string, D[keyof D & string]]>
{
  static override readonly type: string = 'ModuleDict';
  static override readonly positional: readonly string[] = ['modules'];

  #modules: D;

  constructor(modules: D) {
    super();
    if (!isPlain(modules))
      throw new ArgumentError(`[ModuleDict] modules come by name, in an object, not as ${describe(modules)}.`, {
        hint: 'new ModuleDict({ cat: a, dog: b }); of a Map, Object.fromEntries(map).',
      });
    for (const [name, module] of Object.entries<unknown>(modules)) {
      requireEntryName('ModuleDict', 'module', name);
      if (!(module instanceof Module))
        throw new ArgumentError(`[ModuleDict] ${name} is ${describe(module)}, not a module.`);
    }
    this.#modules = { ...modules };
    // Errors name the modules in here by at least their name, also where nothing further out was walked yet.
    this.namedModules();
  }

  /** The modules. In a compiled function they are followed: a call that finds others is recorded anew. */
  get modules(): D {
    return guard(() => this.#modules);
  }

  override members(): Iterable<readonly [string, AnyModule]> {
    return Object.entries(this.#modules);
  }

  override replaceMember(name: string, value: AnyModule): void {
    this.#modules = { ...this.#modules, [name]: value };
  }

  /** Throws {@link ArgumentError}: names say nothing of which module is called, and when. */
  forward(): never {
    throw new ArgumentError('[ModuleDict] modules by name compute nothing by themselves.', {
      hint: 'Call one of them: dict.get(name).forward(x).',
    });
  }

  /** The module of a name. Throws {@link ArgumentError} where there is none. */
  get<K extends keyof D & string>(name: K): D[K] {
    return entryOf('ModuleDict', 'module', this.modules, name);
  }

  /** Whether there is a module of that name. */
  has(name: string): name is keyof D & string {
    return Object.hasOwn(this.modules, name);
  }

  keys(): (keyof D & string)[] {
    return Object.keys(this.modules);
  }

  get size(): number {
    return this.keys().length;
  }

  /** Names and modules. */
  [Symbol.iterator](): Iterator<readonly [keyof D & string, D[keyof D & string]]> {
    return (Object.entries(this.modules) as [keyof D & string, D[keyof D & string]][])[Symbol.iterator]();
  }
}
