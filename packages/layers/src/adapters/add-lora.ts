/** Adapters of a whole model: put in, saved by themselves, and merged. */
import { ArgumentError } from '@hebb/tensor';
import { checkOptions, type OptionNames } from '@hebb/tensor/arguments';
import { MultiheadAttention } from '../attention/multihead-attention.ts';
import { Linear } from '../linear/linear.ts';
import { requireModule, type AnyModule } from '../module/module.ts';
import type { StateDict } from '../module/state.ts';
import { LoRA, LoRAAttention, LoRALinear, loraOptions, type LoRAOptions } from './lora.ts';

export interface AddLoRAOptions extends LoRAOptions {
  /** Which layers are adapted, by their paths. Default: every Linear and every MultiheadAttention. */
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
 * @returns the adapters by the paths of what they adapt.
 *
 * Throws {@link ArgumentError} where no layer matches, and for options out of range.
 */
export function addLoRA(model: AnyModule, options: AddLoRAOptions = {}): Map<string, LoRA<AnyModule, never, unknown>> {
  requireModule('addLoRA', 'the model', model);
  checkOptions('addLoRA', options, addOptions);
  const { match = /(?:)/, ...own } = options;
  const modules = [...model.namedModules()];
  const adapted = modules.filter(([, module]) => module instanceof LoRA).map(([path]) => `${path}.`);
  const wanted = modules.filter(
    ([path, module]) =>
      path !== '' &&
      match.test(path) &&
      (module instanceof Linear || module instanceof MultiheadAttention) &&
      !adapted.some((outer) => path.startsWith(outer)),
  );
  if (wanted.length === 0)
    throw new ArgumentError(
      `[addLoRA] no Linear or MultiheadAttention in ${model.describe()} matches ${String(match)}.`,
      {
        hint: 'Paths are those of namedModules(). A model that is one layer is wrapped by hand: new LoRALinear(layer).',
      },
    );
  model.freeze();
  const adapters = new Map<string, LoRA<AnyModule, never, unknown>>();
  // From the inside out, so that paths hold.
  for (const [path, layer] of wanted.reverse()) {
    const adapter = layer instanceof Linear ? new LoRALinear(layer, own) : new LoRAAttention(layer as unknown as MultiheadAttention, own); // prettier-ignore
    model.setMember(path, adapter.train(layer.training));
    adapters.set(path, adapter);
  }
  return new Map([...adapters].reverse());
}

const adaptersOf = (model: AnyModule): (readonly [string, LoRA<AnyModule, never, unknown>])[] =>
  [...model.namedModules()].flatMap(([path, module]) =>
    module instanceof LoRA ? [[path, module as unknown as LoRA<AnyModule, never, unknown>] as const] : [],
  );

/** The parameters of adapters alone, by their names in the model; `model.loadStateDict(state, { strict: false })` takes them over. See {@link addLoRA}. */
export function loraStateDict(model: AnyModule): StateDict {
  requireModule('loraStateDict', 'the model', model);
  const prefixes = adaptersOf(model).flatMap(([path]) => ['lora_A', 'lora_B'].map((name) => (path === '' ? `${name}.` : `${path}.${name}.`))); // prettier-ignore
  return new Map([...model.stateDict()].filter(([name]) => prefixes.some((prefix) => name.startsWith(prefix))));
}

/** Adds what adapters have learnt to the weights, and puts the layers back in their places. Parameters stay frozen until `unfreeze()`. See {@link addLoRA}. */
export function mergeLoRA<M extends AnyModule>(model: M): M {
  requireModule('mergeLoRA', 'the model', model);
  // From the inside out, so that paths hold.
  for (const [path, adapter] of adaptersOf(model).reverse()) {
    if (path === '') throw new ArgumentError('[mergeLoRA] the model is itself an adapter: call its merge().');
    adapter.merge();
    model.setMember(path, adapter.base_layer);
  }
  return model;
}
