/** Whether an optimizer trains the model that it is used with. */
import type { Module } from '@hebb/layers';
import { typeNameOf } from '@hebb/tensor/arguments';
import type { TrainingOptimizer } from './callback.ts';
import { TrainingError } from './errors.ts';

/** Throws TrainingError unless all of the optimizer's parameters are the model's. The model may have more: those are frozen. */
export function requireParametersOf(where: string, model: Module, optimizer: TrainingOptimizer): void {
  const own = model.namedParameters();
  const name = model.describe();
  if (own.size === 0) {
    throw new TrainingError(`[${where}] the model, ${name}, has no parameters: there is nothing to train.`, {
      hint: 'Parameters are found in the fields of a module: layers, and what parameter(initial) makes. Private fields (#name) are not seen.',
    });
  }
  if (optimizer.parameters.size === 0) {
    const frozen = [...own.values()].every((parameter) => !parameter.trainable);
    throw new TrainingError(
      frozen
        ? `[${where}] all ${own.size} parameters of the model, ${name}, are frozen: there is nothing to train.`
        : `[${where}] the optimizer has no parameters to train: all that it was made for are frozen.`,
      {
        hint: frozen
          ? 'Take back what is to learn: model.unfreeze(), or that of a part, model.head.unfreeze().'
          : 'Make it for the whole model, new AdamW(model, { … }), or unfreeze() the part.',
      },
    );
  }
  const [mine, trained] = [new Set(own.values()), new Set(optimizer.parameters.values())];
  const elsewhere = [...optimizer.parameters].filter(([, tensor]) => !mine.has(tensor)).map(([key]) => key);
  if (elsewhere.length === 0) return;
  const type = typeNameOf(optimizer);
  const make = `Make it for this model: new ${type === 'Object' ? 'AdamW' : type}(model, { … }).`;
  if (elsewhere.length === trained.size) {
    throw new TrainingError(
      `[${where}] none of the optimizer’s ${trained.size} parameters is in the model, ${name}: it was made for another one.`,
      { hint: make },
    );
  }
  const untrained = [...own].filter(([, tensor]) => !trained.has(tensor)).map(([key]) => key);
  const rest = untrained.length === 0 ? '' : `; the model has ${untrained.join(', ')}, which the optimizer has not`;
  throw new TrainingError(
    `[${where}] the optimizer has parameters that are not in the model, ${name}: ${elsewhere.join(', ')}${rest}.`,
    {
      hint: `If the model was changed after the optimizer was made, make a new one. Parameters of a second module, or of the loss, train here once the model holds it in a field.`,
    },
  );
}
