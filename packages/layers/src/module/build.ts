/** A module to JSON and back, by what its class says of its constructor. */
import { ArgumentError, Tensor } from '@hebb/tensor';
import { describe, isPlain, requireBoolean, requirePlain, type Check, ownTypeNameOf } from '@hebb/tensor/arguments';
import type { AnyModule, Module } from './module.ts';
import { sharedMembers } from './shared.ts';
import { isModule } from './known.ts';
import { distinct, walk } from './walk.ts';

/** JSON that says which class to build, and with what. */
export interface ModuleConfig {
  /** The `static type` of the class. */
  readonly type: string;
  /** Members that were put in the place of others (`setMember`), by their names. */
  readonly replaced?: Readonly<Record<string, ModuleConfig>>;
  /** Names under which the module holds the same layer or the same weights. */
  readonly shared?: readonly (readonly string[])[];
  /** Names of the parameters that are frozen, without those inside of modules that have a configuration of their own in here. */
  readonly frozen?: readonly string[];
  readonly [argument: string]: unknown;
}

/** Options of a constructor: by name the check of each, or true. What `checkOptions` takes. */
export type ModuleOptions = Readonly<Record<string, true | Check>>;

/** A class whose instances can be rebuilt; see {@link Module.type}. */
export interface ModuleType {
  new (...args: never[]): AnyModule;
  readonly positional: readonly string[];
  readonly options: ModuleOptions;
  /** Of a class that writes a `config()` of its own: the opposite. `types` are all classes known, for the modules inside. */
  readonly fromConfig?: (config: ModuleConfig, types: ModuleTypes) => AnyModule;
}

/** Classes by the type that configurations give them. */
export type ModuleTypes = Readonly<Record<string, ModuleType>>;

/** The field of an argument; `...modules` is the last one, of which the constructor takes any number. */
const fieldOf = (argument: string): string => (argument.startsWith('...') ? argument.slice(3) : argument);

/** An option as the module has it now. Of a boolean one, whether there is a bias, say, is what the parameter of that name tells. */
function optionOf(module: AnyModule, option: string): unknown {
  const value: unknown = Reflect.get(module, option);
  const { options } = module.constructor as unknown as ModuleType;
  return options[option] === requireBoolean && typeof value !== 'boolean' ? value !== undefined : value;
}

/** The arguments of its constructor as a module has them now, by name; undefined where it keeps none. */
export function argumentsOf(module: AnyModule): (readonly [name: string, value: unknown])[] {
  const { positional, options } = module.constructor as unknown as ModuleType;
  return [
    ...positional.map((argument) => [fieldOf(argument), Reflect.get(module, fieldOf(argument)) as unknown] as const),
    ...Object.keys(options).map((option) => [option, optionOf(module, option)] as const),
  ];
}

/** See `Module.config`. `replacedIn` says which members of a module were put in the place of others. */
export function configOf(module: AnyModule, replacedIn: (module: AnyModule) => ReadonlySet<string>): ModuleConfig {
  const { positional, options, name } = module.constructor as unknown as ModuleType & { name: string };
  const type = ownTypeNameOf(module);
  if (type === undefined) {
    const parent: unknown = Reflect.get(module.constructor, 'type');
    const would = parent === 'Module' ? '' : `, and is not to be rebuilt as ${String(parent)}`;
    throw new ArgumentError(`[config] ${name} does not say how to rebuild it${would}.`, {
      hint: `Give the class static type = '${name}', and, where its constructor takes arguments, static positional = ['…'] and static options = { … } with the names of the fields that hold them.`,
    });
  }
  const config: Record<string, unknown> = { type };
  // Modules that say themselves what they are.
  const said = new Set<AnyModule>();
  for (const argument of positional) {
    const field = fieldOf(argument);
    if (!(field in module)) {
      throw new ArgumentError(`[config] ${type} has no field ${field}, which is an argument of its constructor.`, {
        hint: `Keep the argument: this.${field} = ${field}.`,
      });
    }
    config[field] = encode(Reflect.get(module, field), `${type}.${field}`, said);
  }
  for (const option of Object.keys(options)) {
    const value = optionOf(module, option);
    if (value !== undefined) config[option] = encode(value, `${type}.${option}`, said);
  }
  const replaced = replacements(module, said, replacedIn);
  if (replaced.size > 0)
    config['replaced'] = Object.fromEntries([...replaced].map(([path, inner]) => [path, inner.config()]));
  const configured = [...pathsOf(module, said), ...replaced.keys()];
  const shared = sharedMembers(module, configured);
  if (shared.length > 0) config['shared'] = shared;
  const frozen = frozenParameters(module, configured);
  if (frozen.length > 0) config['frozen'] = frozen;
  return config as ModuleConfig;
}

/** Names of frozen parameters that lie in none of the members at `configured`. */
function frozenParameters(module: AnyModule, configured: readonly string[]): string[] {
  const isInside = (name: string): boolean => configured.some((path) => name.startsWith(`${path}.`));
  const frozen = walk(module)
    .flatMap(({ parameters }) => parameters)
    .filter(([name, { trainable }]) => !trainable && !isInside(name));
  return [...distinct(frozen).keys()];
}

function pathsOf(module: AnyModule, held: ReadonlySet<AnyModule>): string[] {
  return [...module.members()].filter(([, value]) => isModule(value) && held.has(value)).map(([name]) => name);
}

/** What was put in the place of others in `root`, by path, as far as no module says it that is `said`. */
function replacements(
  root: AnyModule,
  said: ReadonlySet<AnyModule>,
  replacedIn: (module: AnyModule) => ReadonlySet<string>,
): Map<string, AnyModule> {
  const found = new Map<string, AnyModule>();
  const seen = new Set<AnyModule>([root, ...said]);
  const visit = (owner: AnyModule, prefix: string): void => {
    const replaced = replacedIn(owner);
    for (const [name, value] of owner.members()) {
      if (!isModule(value) || seen.has(value)) continue;
      if (replaced.has(name)) found.set(`${prefix}${name}`, value);
      else {
        seen.add(value);
        visit(value, `${prefix}${name}.`);
      }
    }
  };
  visit(root, '');
  return found;
}

/** A value of a configuration: JSON, with modules as their configurations. */
function encode(value: unknown, what: string, said: Set<AnyModule>): unknown {
  if (isModule(value)) {
    said.add(value);
    return value.config();
  }
  if (Array.isArray(value)) return value.map((item, i) => encode(item, `${what}[${i}]`, said));
  if (isPlain(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, encode(item, `${what}.${key}`, said)]));
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return value;
  if (value === undefined) return undefined;
  throw new ArgumentError(
    `[config] ${what} is ${value instanceof Tensor ? String(value) : describe(value)}, which JSON cannot hold.`,
    {
      hint: 'Arguments of a constructor that are to be saved are numbers, texts, booleans, null, modules, and lists and objects of these.',
    },
  );
}

/**
 * Builds a module of one of `types`: `fromConfig` for a class that is handed the table.
 *
 * Throws {@link ArgumentError} for a type that is not among them.
 */
export function build(config: ModuleConfig, types: ModuleTypes): Module {
  requirePlain('fromConfig', 'the configuration', config);
  const Type = Object.hasOwn(types, config.type) ? types[config.type] : undefined;
  if (Type === undefined) {
    throw new ArgumentError(
      `[fromConfig] there is no module type ${describe(config.type)}; known are ${Object.keys(types).sort().join(', ')}.`,
      {
        hint: 'Pass your own classes: fromConfig(config, { Net }). That function knows the layers of @hebb/layers itself.',
      },
    );
  }
  const module = Type.fromConfig === undefined ? construct(Type, config, types) : Type.fromConfig(config, types);
  if (!(module instanceof Type))
    throw new ArgumentError(`[fromConfig] the fromConfig of ${config.type} returned ${describe(module)}.`, {
      hint: 'A class that extends another one has a fromConfig of its own, or none at all.',
    });
  for (const [name, inner] of Object.entries(config.replaced ?? {})) module.setMember(name, build(inner, types));
  for (const [first = '', ...others] of config.shared ?? []) {
    const member = module.getMember(first);
    for (const name of others) if (module.getMember(name) !== member) module.setMember(name, member);
  }
  for (const name of config.frozen ?? []) freeze(config, name, module.getMember(name));
  return module as unknown as Module;
}

function freeze(config: ModuleConfig, name: string, parameter: unknown): void {
  if (!(parameter instanceof Tensor && parameter.requiresGrad))
    throw new ArgumentError(`[fromConfig] ${name} of ${config.type} is to be frozen, and is no parameter.`);
  parameter.trainable = false;
}

function construct(Type: ModuleType, config: ModuleConfig, types: ModuleTypes): AnyModule {
  const { type: _, replaced: __, shared: ___, frozen: ____, ...rest } = config;
  const given: Record<string, unknown> = { ...rest };
  const args: unknown[] = [];
  for (const argument of Type.positional) {
    const field = fieldOf(argument);
    const value = decode(given[field], types);
    delete given[field];
    if (argument === field) args.push(value);
    else if (Array.isArray(value)) args.push(...(value as unknown[]));
    else throw new ArgumentError(`[fromConfig] ${field} of ${config.type} is a list, not ${describe(value)}.`);
  }
  const names = Object.keys(given);
  if (Object.keys(Type.options).length > 0) args.push(decode(given, types));
  else if (names.length > 0) {
    throw new ArgumentError(`[fromConfig] ${config.type} takes no ${names.join(', ')}.`, {
      hint: `Arguments that are saved are named by its static positional and static options.`,
    });
  }
  return new (Type as unknown as new (...args: unknown[]) => AnyModule)(...args);
}

function decode(value: unknown, types: ModuleTypes): unknown {
  if (Array.isArray(value)) return value.map((item) => decode(item, types));
  if (!isPlain(value)) return value;
  if (typeof (value as Partial<ModuleConfig>).type === 'string') return build(value as ModuleConfig, types);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decode(item, types)]));
}
