/** Runs golden calls of layers: outputs, all gradients and what changes in the state, computed together. */
import { valueAndGrad } from '@hebb/autograd';
import { realize, scalar, variable, type Tensor } from '@hebb/tensor';
import { expect } from 'vitest';
import { inputsOf, layerOf, outputsOf, type LayerCall } from '../../../layers/test/support/calls.ts';
import { expectClose, toTensor } from '../../../tensor/test/support/golden.ts';

/** Everything that a call gives, by name: outputs, `gradient of …`, `… after`. */
export async function valuesOf(call: LayerCall): Promise<Map<string, Tensor>> {
  const module = layerOf(call);
  const variables = new Map<string, Tensor>();
  const inputs = inputsOf(call, (x, name) => {
    if (call.gradients[name] === undefined) return x;
    const input = variable(x, { requiresGrad: true });
    variables.set(name, input);
    return input;
  });
  for (const [name, parameter] of module.namedParameters())
    if (call.gradients[name] !== undefined) variables.set(name, parameter);
  for (let step = 1; step < (call.steps ?? 1); step++) outputsOf(module, inputs);
  let outputs: Record<string, Tensor> = {};
  const loss = (): Tensor => {
    outputs = outputsOf(module, inputs);
    // The sum of output · cotangent has the gradients that PyTorch computed from the cotangent.
    return Object.entries(call.cotangents)
      .map(([name, cotangent]) => (outputs[name] as Tensor).mul(toTensor(cotangent)).sum())
      .reduce(
        (sum, part) => sum.add(part),
        scalar(() => 0),
      );
  };
  const values = new Map<string, Tensor>();
  const grads = variables.size === 0 ? void loss() : valueAndGrad(loss, variables).grads;
  for (const [name, output] of Object.entries(outputs)) values.set(name, output);
  for (const [name, gradient] of grads ?? []) values.set(`gradient of ${name}`, gradient);
  const state = module.stateDict();
  for (const name of Object.keys(call.stateAfter)) values.set(`${name} after`, (state.get(name) as Tensor).add(0));
  await realize(...values.values());
  return values;
}

/** Expects all of it to be PyTorch's. */
export async function expectCall(call: LayerCall, tolerance?: number): Promise<void> {
  const values = await valuesOf(call);
  const expected = new Map([
    ...Object.entries(call.outputs),
    ...Object.entries(call.gradients).map(([name, value]) => [`gradient of ${name}`, value] as const),
    ...Object.entries(call.stateAfter).map(([name, value]) => [`${name} after`, value] as const),
  ]);
  expect([...values.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [name, value] of expected) await expectClose(values.get(name) as Tensor, value, name, tolerance);
}
