/**
 * onnxruntime-node as a contender, on files that Hebb exports: the forward pass, or of a training workload one graph of loss, gradients and the optimizer's update, whose new weights are given back
 * to the next step. Files draw no random numbers, so dropout drops nothing there.
 */
import { valueAndGrad } from '@hebb/autograd';
import type { AnyModule } from '@hebb/layers';
import { exportOnnx } from '@hebb/onnx';
import { setDevice, type Tensor } from '@hebb/tensor';
import { InferenceSession, Tensor as RuntimeTensor } from 'onnxruntime-node';
import { createRequire } from 'node:module';
import { computationOf, weightDecayOf } from '../computations.ts';
import type { Given, Values } from '../data.ts';
import { Missing, serve, type Options, type Run } from '../serve.ts';

type Feeds = Record<string, RuntimeTensor>;

const runtimeTensor = ({ shape, data }: Values): RuntimeTensor =>
  new RuntimeTensor(data instanceof Int32Array ? 'int32' : 'float32', data, [...shape]);
const specOf = ({ shape, data }: Values): { shape: readonly number[]; dtype: 'int32' | 'float32' } => ({
  shape,
  dtype: data instanceof Int32Array ? 'int32' : 'float32',
});

const [beta1, beta2, eps, learningRate] = [0.9, 0.999, 1e-8, 1e-3];

/** A step of Adam as a function: (inputs…, scale, weights…, averages…) → loss and the new ones. `scale` is √(1 − β₂ᵗ) / (1 − β₁ᵗ), with eps as PyTorch has it. */
async function trainingGraph(given: Given): Promise<Uint8Array> {
  const { workload, inputs } = given;
  const { compute, model } = computationOf(given, { drops: false });
  if (model === undefined) throw new Missing('nothing is trained');
  const names = Object.keys(given.weights);
  const count = Object.keys(inputs).length;
  // What stands for a parameter while the step is traced is an input of the graph, and no variable, which `setMember` asks for.
  const put = (name: string, value: Tensor): void => {
    const end = name.lastIndexOf('.');
    Reflect.set(model.getMember(name.slice(0, end)) as AnyModule, name.slice(end + 1), value);
  };
  const step = (...xs: Tensor[]): Record<string, Tensor> => {
    const [ratio, root] = xs.slice(count) as [Tensor, Tensor];
    const state = xs.slice(count + 2);
    const [weights, means, squares] = [0, 1, 2].map((part) => state.slice(part * names.length, (part + 1) * names.length)) as [Tensor[], Tensor[], Tensor[]]; // prettier-ignore
    const kept = names.map((name) => model.getMember(name) as Tensor);
    // A weight that is tied stands in the model under several names.
    const everyName = [...model.stateDict({ everyName: true })];
    const putAll = (values: readonly Tensor[]): void => {
      for (const [name, value] of everyName) {
        const position = kept.indexOf(value);
        if (position >= 0) put(name, values[position] as Tensor);
      }
    };
    putAll(weights);
    const { value, grads } = valueAndGrad(() => compute(...xs.slice(0, count)), weights);
    putAll(kept);
    const results: Record<string, Tensor> = { loss: value };
    names.forEach((name, i) => {
      const gradient = grads[i] as Tensor;
      const mean = (means[i] as Tensor).mul(beta1).add(gradient.mul(1 - beta1));
      const square = (squares[i] as Tensor).mul(beta2).add(gradient.square().mul(1 - beta2));
      const weight = (weights[i] as Tensor).mul(1 - learningRate * weightDecayOf(workload));
      results[`new ${name}`] = weight.sub(mean.mul(ratio).div(square.sqrt().add(root)));
      results[`new mean of ${name}`] = mean;
      results[`new square of ${name}`] = square;
    });
    return results;
  };
  const weightSpecs = Object.values(given.weights).map(specOf);
  const named = (prefix: string): object =>
    Object.fromEntries(names.map((name, i) => [`${prefix}${name}`, weightSpecs[i]]));
  const scalar = { shape: [], dtype: 'float32' };
  const specs = { ...named(''), ...named('mean of '), ...named('square of ') };
  const shapes = Object.fromEntries(Object.entries(inputs).map(([name, values]) => [name, specOf(values)]));
  return exportOnnx(step, { inputs: { ...shapes, ratio: scalar, root: scalar, ...specs } as never });
}

async function make(given: Given, { threads }: Options): Promise<Run> {
  setDevice('wasm');
  const { workload } = given;
  if (workload.measure === 'new-size') throw new Missing('its files of a step have one batch size');
  const fixed = Object.fromEntries(Object.entries(given.inputs).map(([name, values]) => [name, specOf(values)]));
  const forward = (): Promise<Uint8Array> => {
    const { compute, model } = computationOf(given, { drops: false });
    model?.eval();
    return exportOnnx(compute, { inputs: fixed });
  };
  const bytes = await (workload.isTraining ? trainingGraph(given) : forward());
  const session = await InferenceSession.create(bytes, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
  });
  let state: Feeds = {};
  for (const [name, values] of workload.isTraining ? Object.entries(given.weights) : []) {
    const zeros = { shape: values.shape, data: new Float32Array(values.data.length) };
    state[name] = runtimeTensor(values);
    state[`mean of ${name}`] = runtimeTensor(zeros);
    state[`square of ${name}`] = runtimeTensor(zeros);
  }
  let count = 0;
  const known = new WeakMap<object, Feeds>();
  return async (inputs) => {
    let feeds = known.get(inputs);
    if (feeds === undefined) {
      feeds = Object.fromEntries(Object.entries(inputs).map(([name, values]) => [name, runtimeTensor(values)]));
      known.set(inputs, feeds);
    }
    if (!workload.isTraining) {
      await session.run(feeds);
      return undefined;
    }
    count++;
    const root = Math.sqrt(1 - beta2 ** count);
    const scalar = (value: number): RuntimeTensor => new RuntimeTensor('float32', Float32Array.of(value), []);
    const ratio = scalar((learningRate * root) / (1 - beta1 ** count));
    const results = await session.run({ ...feeds, ...state, ratio, root: scalar(eps * root) });
    state = Object.fromEntries(Object.keys(state).map((name) => [name, results[`new ${name}`] as RuntimeTensor]));
    return (results['loss'] as RuntimeTensor).data[0] as number;
  };
}

const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
await serve({
  version: async (threads) => `onnxruntime-node ${version}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
  make,
});
