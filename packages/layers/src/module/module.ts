/**
 * Modules: plain classes whose fields are parameters, buffers and other modules. Names are the paths of the fields
 * (`features.0.weight`), found by walking them; there is nothing to register.
 */
import { ArgumentError, guard, type Tensor } from '@hebb/tensor';
import {
  checkOptions,
  nearest,
  requireBoolean,
  typeNameOf,
  wrongArgument,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { configOf, type ModuleConfig, type ModuleOptions } from './build.ts';
import { Forwarding, type ForwardHook, type ForwardPreHook } from './forward.ts';
import { compareState, loadState, type LoadOptions, type LoadReport } from './load.ts';
import { fieldsOf } from './members.ts';
import { printModule } from './print.ts';
import { memberAt, replaceInFields, requireReplacement } from './replace.ts';
import type { NamedTensors, StateDict } from './state.ts';
import { introduceModules, isModule } from './known.ts';
import { byName, distinct, isMember, tensorsOf, walk } from './walk.ts';

export interface StateDictOptions {
  /** Whether what is held in several places (tied weights) has all of its names. Default false: the first. */
  everyName?: boolean;
}

const stateDictOptions: OptionNames<StateDictOptions> = { everyName: requireBoolean };

/** A module whatever its `forward` takes and returns. */
export type AnyModule = Module<never, unknown>;

/**
 * Base class of everything with parameters.
 *
 * ```ts
 * class Net extends Module {
 *   hidden = new Linear(4, 8);
 *   output = new Linear(8, 3);
 *   forward(x: Tensor): Tensor { return this.output.forward(this.hidden.forward(x).relu()); }
 * }
 * [...new Net().namedParameters().keys()];  // ['hidden.weight', 'hidden.bias', 'output.weight', 'output.bias']
 * ```
 *
 * Fields that hold parameters, buffers, modules, or arrays, plain objects, Maps and Sets of these, as deep as you like, are listed: names
 * are the keys on the way (`heads.cat.weight`; positions in arrays and Sets). Private fields (`#name`), values behind getters of a class, and
 * what functions close over cannot be seen and are no part of the module. What can be seen and has no name is an {@link ArgumentError}: a
 * module in an object of a class that is no module, a key with a dot in it, two members of one name.
 *
 * A function made by `compile` follows changes of the module on the host: the mode, and for every module whose `forward` it records the
 * fields (a layer that was replaced, another parameter, an option such as a dropout's probability) and the members in arrays, plain objects,
 * Maps and Sets. It is recorded anew then, so what changes at every step belongs in a `variable` or a `scalar`, or, where `forward` does not
 * read it, in a private field. Not followed: private fields, what lies deeper in objects, and variables outside of the module; read these
 * through `guard`.
 *
 * @typeParam Inputs - what `forward` takes; any number of tensors by default.
 * @typeParam Output - what it returns; a tensor by default.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- each subclass names its own
export abstract class Module<Inputs extends readonly unknown[] = Tensor[], Output = Tensor> {
  static {
    introduceModules({
      isModule: (value) => value instanceof Module,
      namesItself: (module) => module.members !== Module.prototype.members,
      // The path from further outside wins.
      foundAt: (module, path) => {
        if (path !== '' && !module.#path.endsWith(`.${path}`)) module.#path = path;
        module.#forwarding.wrap();
        for (const inner of module.atSamePlace()) {
          inner.#path = module.#path;
          inner.#forwarding.wrap();
        }
      },
      placeOf: (module) => (module.#path === '' ? module.describe() : `${module.#path} (${module.describe()})`),
      takeHooks: (module, from) => module.#forwarding.share(from.#forwarding),
    });
    // What Node's console shows.
    Object.defineProperty(Module.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: AnyModule): string {
        return this.toString();
      },
    });
  }

  /**
   * What the class is called in configurations, descriptions and errors, also once a minifier has renamed it. A class says it itself: it is not
   * taken from the class that it extends. With {@link positional} and {@link options} it is all that `config()` and `fromConfig` need.
   *
   * ```ts
   * class Scale extends Module {
   *   static override readonly type: string = 'Scale';
   *   static override readonly positional: readonly string[] = ['factor'];
   *   readonly factor: number;
   *   constructor(factor: number) {
   *     super();
   *     this.factor = factor;
   *   }
   *   forward(x: Tensor): Tensor { return x.mul(this.factor); }
   * }
   * const model = new Sequential(new Linear(2, 2), new Scale(3));
   * fromConfig(model.config(), { Scale }).namedModules().get('1')?.describe();  // 'Scale'
   * ```
   */
  static readonly type: string = 'Module';
  /**
   * The constructor's arguments in order, without the options: names of the fields that hold them, which may be modules and lists of them.
   * `'...modules'`, as the last one: the constructor takes any number, and the field is the list of them.
   */
  static readonly positional: readonly string[] = [];
  /**
   * The options, the constructor's last argument: each with the check of its value, or true, as `checkOptions` takes them. The fields of the same
   * names hold them; of a boolean option (`requireBoolean`) that field may be the parameter which is there or undefined.
   */
  static readonly options: ModuleOptions = {};

  #training = true;
  #path = '';
  readonly #forwarding = new Forwarding(this);
  readonly #replaced = new Set<string>();

  constructor() {
    // It may be a field of the subclass, set later; or forgotten, as no compiler tells JavaScript.
    if ((this as { forward?: unknown }).forward === undefined)
      Object.defineProperty(this, 'forward', { value: missingForward, configurable: true, writable: true });
    this.#forwarding.wrap();
  }

  /**
   * Whether the module trains (dropout drops, batch normalisation uses the batch's statistics); true at first. See {@link train} and
   * {@link eval}. Read in a `forward`, it is followed by compiled functions, too: a call that finds it changed is recorded anew.
   */
  get training(): boolean {
    return guard(() => this.#training);
  }
  set training(training: boolean) {
    requireBoolean('Module', 'training', training);
    this.#training = training;
  }

  /** Computes the output. */
  abstract forward(...inputs: Inputs): Output;

  /** Parameters, buffers and modules held directly, with their names. Containers that name their members otherwise override it. */
  members(): Iterable<readonly [string, Tensor | AnyModule]> {
    return fieldsOf(this, isMember).members;
  }

  /** Modules whose members this one lists as its own, and whose errors name its path: what a wrapper holds without a name of its own. */
  protected atSamePlace(): readonly AnyModule[] {
    return [];
  }

  /** This module ('') and all modules in it by path, outer before inner; one that is held twice is listed once. */
  namedModules(): Map<string, AnyModule> {
    return byName(walk(this).map(({ path, module }) => [path, module]));
  }

  /** All parameters by name, in PyTorch's order; one that is held twice is listed once, under its first name. */
  namedParameters(): Map<string, Tensor> {
    return distinct(tensorsOf(this, ['parameters']));
  }

  /** All buffers by name, in PyTorch's order. */
  namedBuffers(): Map<string, Tensor> {
    return distinct(tensorsOf(this, ['buffers']));
  }

  /** All parameters, in the order of {@link namedParameters}. */
  parameters(): Tensor[] {
    return [...this.namedParameters().values()];
  }

  /** The parameters that are not frozen now, by name. In a compiled function it is followed: a call that finds others is recorded anew. */
  trainableParameters(): Map<string, Tensor> {
    return new Map([...this.namedParameters()].filter(([, { trainable }]) => trainable));
  }

  /**
   * Freezes all parameters in this module: `backward` leaves them without a gradient, and optimizers leave them as they are. Modes are
   * another matter, as in PyTorch: batch normalisation goes on updating its running statistics, and dropout drops, until {@link eval}.
   *
   * ```ts
   * const model = new Sequential(new Linear(4, 8), new ReLU(), new Linear(8, 3));
   * model.at(0)?.freeze();
   * [...model.trainableParameters().keys()];  // ['2.weight', '2.bias']
   * ```
   */
  freeze(): this {
    for (const parameter of this.parameters()) parameter.trainable = false;
    return this;
  }

  /** Lets all parameters in this module train again; see {@link freeze}. */
  unfreeze(): this {
    for (const parameter of this.parameters()) parameter.trainable = true;
    return this;
  }

  /** Whether the module has its parameters; false of a lazy layer that stands for one which is still to be made (`initialize`). */
  get isInitialized(): boolean {
    return true;
  }

  /** Number of elements of all parameters. */
  get parameterCount(): number {
    return this.parameters().reduce((count, { size }) => count + size, 0);
  }

  /** Puts this module and all modules in it into training mode, or with `false` into evaluation mode. */
  train(mode = true): this {
    requireBoolean('train', 'mode', mode);
    for (const { module } of walk(this)) module.training = mode;
    return this;
  }

  /** Puts this module and all modules in it into evaluation mode. */
  eval(): this {
    return this.train(false);
  }

  /**
   * Parameters and buffers by name, in PyTorch's order. The tensors are the module's own: they change as it trains. `detach()` of one is
   * its value at this moment.
   *
   * What is held in several places (tied weights) has the first of its names, and is written to a file once, as Hugging Face's libraries do; with `everyName` it has all of them, as PyTorch's `state_dict()`
   * has it and its strict `load_state_dict` asks for:
   *
   * ```ts
   * const model = new Sequential(new Embedding(50, 8), new Linear(8, 50, { bias: false }));
   * model.setMember('1.weight', model.getMember('0.weight'));
   * [...model.stateDict().keys()]; // ['0.weight']
   * [...model.stateDict({ everyName: true }).keys()]; // ['0.weight', '1.weight']
   * ```
   */
  stateDict(options: StateDictOptions = {}): StateDict {
    checkOptions('stateDict', options, stateDictOptions);
    const { everyName = false } = options;
    return everyName ? byName(tensorsOf(this, ['parameters', 'buffers'], { again: true })) : distinct(tensorsOf(this));
  }

  /**
   * Takes over values by name, converting dtypes. Nothing is changed where an error is thrown. Of a parameter that is held twice, the
   * state needs one of the names and may have all of them.
   *
   * Throws {@link ArgumentError} that lists all missing and unexpected names (unless `strict` is false) and all shapes that differ; and, unless `strict` is false, where the
   * state has two names for such a parameter whose values, on the host, differ.
   */
  loadStateDict(state: NamedTensors, options: LoadOptions = {}): LoadReport {
    return loadState(this, state, options);
  }

  /**
   * Why a state is not one of this module: names that are missing or unexpected, shapes that differ, and parameters that are one here (tied weights)
   * and several in the state, of which `loadStateDict` takes the last (where they are not known to differ). Empty where it fits.
   */
  differences(state: NamedTensors): readonly string[] {
    const { reasons, apart } = compareState(this, state);
    return [...reasons, ...apart.map((names) => `one parameter here, in the state several: ${names}`)];
  }

  /**
   * The module, parameter or buffer at a path: `model.getMember('blocks.0.attention')`.
   *
   * Throws {@link ArgumentError} that names the nearest path and what there is.
   */
  getMember(path: string): Tensor | AnyModule {
    return memberAt('getMember', this, path).value;
  }

  /**
   * Puts `value` where the member at `path` is, in a field, a container, a Sequential: another module for a module, another parameter or buffer
   * for a parameter or buffer, whatever its shape and dtype. Where the old one is held elsewhere, too, it stays there. Compiled functions
   * notice; an optimizer that was made before has to be made anew.
   *
   * `config()` knows of modules that were replaced this way, and of what is held in several places; so tied weights stay tied:
   *
   * ```ts
   * const model = new Sequential(new Linear(4, 4, { bias: false }), new ReLU(), new Linear(4, 4));
   * model.setMember('2.weight', model.getMember('0.weight'));
   * [...model.namedParameters().keys()];  // ['0.weight', '2.bias']
   * ```
   *
   * Throws {@link ArgumentError} for a path that there is not, and a value of another kind.
   */
  setMember(path: string, value: Tensor | AnyModule): this {
    const member = memberAt('setMember', this, path);
    requireReplacement('setMember', path, member, value);
    member.owner.replaceMember(member.name, value);
    if (isModule(value)) member.owner.#replaced.add(member.name);
    // Errors name what is new by its path.
    this.namedModules();
    return this;
  }

  /** Replaces a member that is held directly, for {@link setMember}. A container that names its members itself overrides it, as {@link members}. */
  replaceMember(name: string, value: Tensor | AnyModule): void {
    replaceInFields(this, name, value);
  }

  /**
   * JSON from which `fromConfig` rebuilds the module, without its parameters, by what its class says: {@link type}, {@link positional},
   * {@link options}. Modules that were replaced by {@link setMember}, members that are held several times, and which parameters are frozen are part of it.
   *
   * Throws {@link ArgumentError} where the class has no `static type` of its own, and for arguments that JSON cannot hold.
   */
  config(): ModuleConfig {
    return configOf(this, (module) => module.#replaced);
  }

  /**
   * Calls `hook` before every `forward` of this module; a list that it returns takes the place of the inputs. Hooks run in the order in which
   * they were registered. In a compiled function they run while it is recorded; one that is added or removed later takes effect at the next call.
   *
   * ```ts
   * const layer = new Linear(2, 2);
   * const remove = layer.registerForwardPreHook((_, [x]) => x && [x.detach()]);
   * remove();
   * ```
   *
   * @returns removes the hook.
   */
  registerForwardPreHook<M extends AnyModule>(this: M, hook: ForwardPreHook<M>): () => void {
    return this.#forwarding.addPreHook(hook as never);
  }

  /**
   * Calls `hook` after every `forward` of this module; what it returns, unless undefined, takes the place of the output. Otherwise as
   * {@link registerForwardPreHook}. A value that it keeps while a compiled function is recorded cannot be read.
   *
   * ```ts
   * const layer = new Linear(2, 3);
   * const kept: Tensor[] = [];
   * const remove = layer.registerForwardHook((_, __, output) => void kept.push(output));
   * layer.forward(zeros([4, 2]));
   * kept[0]?.shape;  // [4, 3]
   * remove();
   * ```
   *
   * @returns removes the hook.
   */
  registerForwardHook<M extends AnyModule>(this: M, hook: ForwardHook<M>): () => void {
    return this.#forwarding.addHook(hook as never);
  }

  /** The class and what distinguishes this instance: `Linear 784 → 10`. */
  describe(): string {
    return typeNameOf(this);
  }

  /**
   * The module with all modules in it, nested as PyTorch prints them: each under its name, with the arguments of its constructor as they are now. In a `ModuleList`, and in arrays,
   * modules in a row that print alike are one entry, `(0-11): 12 x Block(…)`. Node's console shows the same.
   *
   * ```ts
   * console.log(String(new Sequential(new Linear(4, 8), new ReLU())));
   * // Sequential(
   * //   (0): Linear(inFeatures=4, outFeatures=8, bias=true)
   * //   (1): ReLU()
   * // )
   * ```
   */
  toString(): string {
    return printModule(this, { repeated: false });
  }
}

/** Throws {@link ArgumentError} unless `value` is a module. */
export function requireModule(where: string, name: string, value: unknown): asserts value is AnyModule {
  if (!(value instanceof Module)) throw wrongArgument(where, name, 'a module', value);
}

function missingForward(this: object): never {
  const name = typeNameOf(this);
  const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(this));
  const near = nearest('forward', methods);
  throw new ArgumentError(`[${name}] has no method forward, which computes its output.`, {
    hint: near === undefined ? 'Give the class one: forward(x) { return …; }.' : `Is ${near} meant to be it?`,
  });
}
