/** Adapters of a whole model: put in, saved by themselves, and merged. */
import { ArgumentError } from '@hebb/tensor';
import { checkOptions, matches, type OptionNames } from '@hebb/tensor/arguments';
import { MultiheadAttention } from '../attention/multihead-attention.ts';
import { Linear } from '../linear/linear.ts';
import { isModule } from '../module/known.ts';
import { requireModule, type AnyModule } from '../module/module.ts';
import type { StateDict } from '../module/state.ts';
import { walk } from '../module/walk.ts';
import { freezeExceptAdapters, LoRA, LoRAAttention, LoRALinear, loraOptions, type LoRAOptions } from './lora.ts';

export interface AddLoRAOptions extends LoRAOptions {
  /** Which layers are adapted, by their paths; one that is held twice, by any of its paths. Default: every Linear and every MultiheadAttention. */
  match?: RegExp | undefined;
}

const addOptions: OptionNames<AddLoRAOptions> = {
  ...loraOptions,
  match: (where, name, value) => {
    if (!(value instanceof RegExp)) throw new ArgumentError(`[${where}] ${name} must be a regular expression.`);
  },
};

/**
 * Freezes a model and puts adapters in the place of its linear and attention layers (Hu et al. 2021, arXiv:2106.09685): what trains then is a small part of the model, and at first it computes what it did.
 * A layer that is held in several places gets one adapter, held in all of them. Adapters that are there already go on training.
 *
 * ```ts
 * const model = new Sequential(new Linear(8, 16), new ReLU(), new Linear(16, 4));
 * addLoRA(model, { rank: 2, match: /^2$/ });
 * [...model.trainableParameters().keys()]; // ['2.lora_A.weight', '2.lora_B.weight']
 * [...loraStateDict(model).keys()]; // ['2.lora_A.weight', '2.lora_B.weight']
 * mergeLoRA(model);
 * [...model.namedParameters().keys()]; // ['0.weight', '0.bias', '2.weight', '2.bias']
 * ```
 *
 * @returns the adapters by the paths of what they adapt, the first where there are several.
 *
 * Throws {@link ArgumentError} where no layer matches, and for options out of range.
 */
export function addLoRA(model: AnyModule, options: AddLoRAOptions = {}): Map<string, LoRA<AnyModule, never, unknown>> {
  requireModule('addLoRA', 'the model', model);
  checkOptions('addLoRA', options, addOptions);
  const { match = /(?:)/, ...own } = options;
  const isWanted = matches(match);
  const adapted = new Set(adaptersIn(model).flatMap(([, adapter]) => [...adapter.namedModules().values()]));
  const wanted = new Map<AnyModule, Adapter>();
  for (const { path, module } of walk(model, { again: true })) {
    if (path === '' || !isWanted(path) || adapted.has(module) || wanted.has(module)) continue;
    if (module instanceof Linear) wanted.set(module, new LoRALinear(module, own));
    else if (module instanceof MultiheadAttention) wanted.set(module, new LoRAAttention(module, own));
  }
  if (wanted.size === 0)
    throw new ArgumentError(
      `[addLoRA] no Linear or MultiheadAttention in ${model.describe()} matches ${String(match)}.`,
      {
        hint: 'Paths are those of namedModules(). A model that is one layer is wrapped by hand: new LoRALinear(layer).',
      },
    );
  freezeExceptAdapters(model);
  const adapters = new Map<string, Adapter>();
  for (const [path, layer] of model.namedModules()) {
    const adapter = wanted.get(layer);
    if (adapter !== undefined) adapters.set(path, adapter.train(layer.training));
  }
  for (const { path, module } of placesInsideOut(model)) {
    const adapter = wanted.get(module);
    if (adapter !== undefined) model.setMember(path, adapter);
  }
  return adapters;
}

/** The parameters of adapters alone, by their names in the model; `model.loadStateDict(state, { strict: false })` takes them over, where adapters are not merged. See {@link addLoRA}. */
export function loraStateDict(model: AnyModule): StateDict {
  requireModule('loraStateDict', 'the model', model);
  const prefixes = adaptersIn(model).flatMap(([path]) => ['lora_A', 'lora_B'].map((name) => (path === '' ? `${name}.` : `${path}.${name}.`))); // prettier-ignore
  return new Map([...model.stateDict()].filter(([name]) => prefixes.some((prefix) => name.startsWith(prefix))));
}

/**
 * Adds what adapters have learnt to the weights, and puts the layers back in their places: the model computes what it did. Weights that were adapted are new parameters, of their layer alone
 * where they were shared with another layer (tied weights). Parameters stay frozen until `unfreeze()`. See {@link addLoRA}.
 *
 * Throws {@link ArgumentError} where the model holds a layer that is to be changed outside of its adapter, too.
 */
export function mergeLoRA<M extends AnyModule>(model: M): M {
  requireModule('mergeLoRA', 'the model', model);
  if (model instanceof LoRA) throw new ArgumentError('[mergeLoRA] the model is itself an adapter: call its merge().');
  const places = placesInsideOut(model);
  const adapters = adaptersIn(model);
  for (const [path, adapter] of adapters) {
    const other = places.find(({ owner, module }) => module === adapter.base_layer && owner !== adapter);
    if (other !== undefined && adapter.merged === undefined)
      throw new ArgumentError(
        `[mergeLoRA] the layer in the adapter ${path} is at ${other.path}, too, which would compute something else.`,
        { hint: 'Make the adapter of a layer of its own, or put the adapter in both places.' },
      );
  }
  for (const [, adapter] of adapters) adapter.merge();
  for (const { path, module } of places) if (module instanceof LoRA) model.setMember(path, module.base_layer);
  return model;
}

type Adapter = LoRA<AnyModule, never, unknown>;

const adaptersIn = (model: AnyModule): (readonly [path: string, adapter: Adapter])[] =>
  [...model.namedModules()].flatMap(([path, module]) => (module instanceof LoRA ? [[path, module as Adapter] as const] : [])); // prettier-ignore

/** Every place where a module is held, once, the inner before the outer, so that paths hold while others are put there. */
function placesInsideOut(
  model: AnyModule,
): { readonly path: string; readonly owner: AnyModule; readonly module: AnyModule }[] {
  return [...model.namedModules()]
    .flatMap(([prefix, owner]) =>
      [...owner.members()].flatMap(([name, module]) =>
        isModule(module) ? [{ path: prefix === '' ? name : `${prefix}.${name}`, owner, module }] : [],
      ),
    )
    .reverse();
}
