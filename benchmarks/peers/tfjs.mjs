/** TensorFlow.js as a contender, started with `FOLDER THREADS [webgpu]`, on its WebAssembly or WebGPU: eager functions and its own optimizers, channels last as it has them. Graphs as a product with a dense matrix, embeddings as products. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs';
import { provideAdapter } from '../bench/adapter.ts';
import { denseGraph } from '../bench/graphs.ts';
import { Missing, serve } from '../bench/serve.ts';

const installed = (name) => new URL(`node_modules/@tensorflow/${name}`, import.meta.url);
const { version } = JSON.parse(readFileSync(installed('tfjs/package.json'), 'utf8'));

const onWebgpu = process.argv[4] === 'webgpu';
let adapter;

async function start(threads) {
  if (onWebgpu) {
    adapter = await provideAdapter();
    // It looks for an adapter when it is loaded.
    await import('@tensorflow/tfjs-backend-webgpu');
    // Otherwise it computes small tensors in JavaScript until one has been on the device.
    tf.env().set('WEBGPU_CPU_FORWARD', false);
    if (!(await tf.setBackend('webgpu'))) throw new Missing('its WebGPU does not start');
    await tf.ready();
    return `tfjs ${version}, WebGPU, ${adapter.name}`;
  }
  setWasmPaths(fileURLToPath(installed('tfjs-backend-wasm/dist/')));
  setThreadsCount(threads);
  if (!(await tf.setBackend('wasm'))) throw new Missing('its WebAssembly does not start');
  await tf.ready();
  return `tfjs ${version}, WebAssembly`;
}

const tensorOf = ({ shape, data }) => tf.tensor(data, [...shape], data instanceof Int32Array ? 'int32' : 'float32');

/** x Wᵀ + b, with PyTorch's layout. */
const linear = (w, name, x) => tf.add(tf.matMul(x, w[`${name}.weight`], false, true), w[`${name}.bias`]);

function layerNorm(x, weight, bias) {
  const { mean, variance } = tf.moments(x, -1, true);
  return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))), weight), bias);
}

function gelu(x) {
  const inner = tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(0.044715, tf.mul(x, tf.mul(x, x)))));
  return tf.mul(tf.mul(0.5, x), tf.add(1, tf.tanh(inner)));
}

/** −∞ above the diagonal, nearly. */
function causal(length) {
  const mask = new Float32Array(length * length);
  for (let i = 0; i < length; i++) mask.fill(-1e9, i * length + i + 1, (i + 1) * length);
  return tf.tensor(mask, [length, length]);
}

/** q, k, v [batch, heads, length, depth]. */
const attention = (q, k, v, mask) =>
  tf.matMul(tf.softmax(tf.add(tf.mul(tf.matMul(q, k, false, true), q.shape[3] ** -0.5), mask)), v);

function block(w, name, x, { width, heads }, mask) {
  const [batch, length] = x.shape;
  const projection = (path, h) => {
    const [inputs, outputs] = w[`${name}.${path}.weight`].shape;
    const flat = tf.matMul(tf.reshape(h, [batch * length, inputs]), w[`${name}.${path}.weight`]);
    return tf.reshape(tf.add(flat, w[`${name}.${path}.bias`]), [batch, length, outputs]);
  };
  const norm = (path, h) => layerNorm(h, w[`${name}.${path}.weight`], w[`${name}.${path}.bias`]);
  const [q, k, v] = tf
    .split(projection('attn.c_attn', norm('ln_1', x)), 3, -1)
    .map((part) => tf.transpose(tf.reshape(part, [batch, length, heads, width / heads]), [0, 2, 1, 3]));
  const mixed = tf.reshape(tf.transpose(attention(q, k, v, mask), [0, 2, 1, 3]), [batch, length, width]);
  const y = tf.add(x, projection('attn.c_proj', mixed));
  return tf.add(y, projection('mlp.c_proj', gelu(projection('mlp.c_fc', norm('ln_2', y)))));
}

/** Cast afterwards: with 'float32' as its type, this one writes the bits of integers on WebAssembly. */
const oneHot = (x, count) => tf.cast(tf.oneHot(x, count), 'float32');

const crossEntropy = (logits, labels) =>
  tf.neg(tf.mean(tf.sum(tf.mul(oneHot(labels, logits.shape[1]), tf.logSoftmax(logits)), -1)));

function cnn(w, x, drops) {
  const conv = (name, h) => {
    const filter = tf.transpose(w[`${name}.weight`], [2, 3, 1, 0]);
    return tf.relu(tf.add(tf.conv2d(h, filter, 1, 'valid'), w[`${name}.bias`]));
  };
  const pooled = tf.maxPool(conv('2', conv('0', tf.transpose(x, [0, 2, 3, 1]))), 2, 2, 'valid');
  const kept = drops ? tf.dropout(pooled, 0.25) : pooled;
  const flat = tf.reshape(tf.transpose(kept, [0, 3, 1, 2]), [x.shape[0], 9216]);
  return linear(w, '9', tf.relu(linear(w, '7', flat)));
}

function gpt(w, x, sizes, mask) {
  const [batch, length] = x.shape;
  const { width, vocabulary } = sizes;
  const tokens = w['transformer.wte.weight'];
  const rows = tf.matMul(oneHot(tf.reshape(x, [-1]), vocabulary), tokens);
  let h = tf.add(tf.reshape(rows, [batch, length, width]), w['transformer.wpe.weight']);
  for (let i = 0; i < sizes.layers; i++) h = block(w, `transformer.h.${i}`, h, sizes, mask);
  h = layerNorm(h, w['transformer.ln_f.weight'], w['transformer.ln_f.bias']);
  return tf.matMul(tf.reshape(h, [batch * length, width]), tokens, false, true);
}

function lstm(w, x) {
  const [length, batch, features] = x.shape;
  let [h, c] = [tf.zeros([batch, 128]), tf.zeros([batch, 128])];
  const flat = tf.matMul(tf.reshape(x, [length * batch, features]), w['lstm.weight_ih_l0'], false, true);
  const biased = tf.add(tf.add(flat, w['lstm.bias_ih_l0']), w['lstm.bias_hh_l0']);
  const inputs = tf.unstack(tf.reshape(biased, [length, batch, 512]));
  for (const input of inputs) {
    const gates = tf.add(input, tf.matMul(h, w['lstm.weight_hh_l0'], false, true));
    const [i, f, g, o] = tf.split(gates, 4, -1);
    c = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
    h = tf.mul(tf.sigmoid(o), tf.tanh(c));
  }
  return linear(w, 'head', h);
}

function gcn(w, x, graph) {
  const layer = (i, h) => tf.add(tf.matMul(graph, tf.matMul(h, w[`convs.${i}.lin.weight`], false, true)), w[`convs.${i}.bias`]); // prettier-ignore
  return layer(1, tf.relu(layer(0, x)));
}

function text(w, x) {
  const rows = tf.gather(w['embedding.weight'], x);
  return linear(w, 'output', tf.relu(linear(w, 'hidden', tf.mean(rows, 1))));
}

const functions = {
  matmul: (a, b) => tf.matMul(a, b),
  conv: (x, w) => tf.conv2d(x, w, 1, 'same'),
  gelu: (x, b, s) => tf.mul(gelu(tf.add(x, b)), s),
  softmax: (x) => tf.softmax(x),
  'layer-norm': (x, w, b) => layerNorm(x, w, b),
  attention: (q, k, v, mask) => attention(q, k, v, mask),
  add: (a, b) => tf.add(a, b),
  chain(x, y) {
    for (let i = 0; i < 1000; i++) x = tf.add(x, y);
    return x;
  },
};

/** Logits, or what a block gives, of weights and inputs. */
const models = {
  mlp: (w, x) => linear(w, '4', tf.relu(linear(w, '2', tf.relu(linear(w, '0', x))))),
  cnn: (w, x, { drops }) => cnn(w, x, drops),
  gpt: (w, x, { sizes, mask }) => gpt(w, x, sizes, mask),
  block: (w, x, { sizes, mask }) => block(w, 'transformer.h.0', x, sizes, mask),
  lstm: (w, x) => lstm(w, x),
  gcn: (w, x, { graph }) => gcn(w, x, graph),
  text: (w, x) => text(w, x),
};

async function make({ workload, inputs: whole, weights }, { drops }) {
  const { kind, sizes, isTraining, isRead } = workload;
  const known = new WeakMap();
  const tensorsOf = (inputs) => {
    if (!known.has(inputs)) {
      let tensors = Object.entries(inputs).filter(([name]) => name !== 'edges').map(([, values]) => tensorOf(values)); // prettier-ignore
      // Its layouts are [batch, height, width, channels] and [height, width, in, out].
      if (kind === 'conv') tensors = [tf.transpose(tensors[0], [0, 2, 3, 1]), tf.transpose(tensors[1], [2, 3, 1, 0])];
      if (kind === 'attention') tensors.push(causal(tensors[0].shape[2]));
      known.set(inputs, tensors);
    }
    return known.get(inputs);
  };
  const finish = async (result) => {
    if (isRead) await result.data();
    else if (onWebgpu) {
      const backend = tf.backend();
      // It keeps dispatches back until there are some.
      backend.endComputePassEncoder();
      if (backend.commandEncoder) backend.submitQueue();
      await backend.queue.onSubmittedWorkDone();
    }
    result.dispose();
  };
  const tidied = (f) => (inputs) => {
    const tensors = tensorsOf(inputs);
    return finish(tf.tidy(() => f(...tensors)));
  };
  if (kind in functions) return tidied(functions[kind]);
  const model = models[kind];
  if (model === undefined)
    throw new Missing(
      `not written for tfjs${onWebgpu ? '' : ', which has no gradients of convolutions on WebAssembly'}`,
    );
  const w = Object.fromEntries(Object.entries(weights).map(([name, values]) => [name, tf.variable(tensorOf(values))]));
  const graph = kind === 'gcn' ? tensorOf(denseGraph(whole.edges, sizes.nodes)) : undefined;
  const mask = sizes.context === undefined ? undefined : causal(sizes.context);
  const context = { sizes, graph, mask, drops: drops && isTraining };
  if (!isTraining) return tidied((x) => model(w, x, context));

  const optimizer = tf.train.adam(1e-3, 0.9, 0.999, 1e-8);
  return async (inputs) => {
    const [x, y] = tensorsOf(inputs);
    const loss = tf.tidy(() => {
      const { value, grads } = tf.variableGrads(() => {
        const logits = model(w, x, context);
        return crossEntropy(tf.reshape(logits, [-1, logits.shape.at(-1)]), tf.reshape(y, [-1]));
      }, Object.values(w));
      // It has no AdamW.
      if (kind === 'gpt') for (const each of Object.values(w)) each.assign(tf.mul(each, 1 - 1e-3 * 0.01));
      optimizer.applyGradients(grads);
      return value;
    });
    const [number] = await loss.data();
    loss.dispose();
    return number;
  };
}

await serve({ version: start, make, counter: () => adapter?.counter });
