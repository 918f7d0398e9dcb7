/**
 * jax-js as a contender, started with `FOLDER THREADS [webgpu]`, on its WebAssembly or WebGPU, under `jit` as its documentation advises. Every use of an array takes it, so whatever is used again is used by `.ref`.
 * Convolutions, attention and Adam are written as in JAX; graphs as a product with a dense matrix, since there is no sum over edges.
 */
import { readFileSync } from 'node:fs';
import {
  blockUntilReady,
  defaultDevice,
  getWebGPUDevice,
  init,
  jit,
  lax,
  nn,
  numpy as np,
  random,
  tree,
  valueAndGrad,
} from '@jax-js/jax';
import { provideAdapter } from '../bench/adapter.ts';
import { denseGraph } from '../bench/graphs.ts';
import { Missing, serve } from '../bench/serve.ts';

const { version } = JSON.parse(readFileSync(new URL('node_modules/@jax-js/jax/package.json', import.meta.url), 'utf8'));

const onWebgpu = process.argv[4] === 'webgpu';
let adapter;

async function start() {
  if (onWebgpu) adapter = await provideAdapter();
  const device = onWebgpu ? 'webgpu' : 'wasm';
  if (!(await init(device)).includes(device)) throw new Missing(`its ${device} does not start`);
  defaultDevice(device);
  return `jax-js ${version}, ${onWebgpu ? `WebGPU, ${adapter.name}` : 'WebAssembly'}`;
}

const arrayOf = ({ shape, data }) =>
  np.array(data, data instanceof Int32Array ? { dtype: np.int32 } : undefined).reshape([...shape]);

/** x Wᵀ + b, with PyTorch's layout. */
const linear = (w, name, x) => np.matmul(x, w[`${name}.weight`].ref.transpose()).add(w[`${name}.bias`].ref);

function layerNorm(x, weight, bias) {
  const centred = x.ref.sub(x.mean(-1, { keepdims: true }));
  const variance = centred.ref.mul(centred.ref).mean(-1, { keepdims: true });
  return centred
    .div(np.sqrt(variance.add(1e-5)))
    .mul(weight)
    .add(bias);
}

const gelu = (x) => nn.gelu(x, { approximate: true });

/** q, k, v [batch, heads, length, depth]. */
function attention(q, k, v) {
  const [, , length, depth] = q.shape;
  const scores = np.matmul(q, k.transpose([0, 1, 3, 2])).mul(depth ** -0.5);
  const hidden = np.triu(np.full([length, length], -1e9), 1);
  return np.matmul(nn.softmax(scores.add(hidden), -1), v);
}

function block(w, name, x, { width, heads }) {
  const [batch, length] = x.shape;
  const projection = (path, h) => np.matmul(h, w[`${name}.${path}.weight`].ref).add(w[`${name}.${path}.bias`].ref);
  const norm = (path, h) => layerNorm(h, w[`${name}.${path}.weight`].ref, w[`${name}.${path}.bias`].ref);
  const parts = np.split(projection('attn.c_attn', norm('ln_1', x.ref)), 3, -1);
  const [q, k, v] = parts.map((part) => part.reshape([batch, length, heads, width / heads]).transpose([0, 2, 1, 3]));
  const mixed = attention(q, k, v).transpose([0, 2, 1, 3]).reshape([batch, length, width]);
  const y = x.add(projection('attn.c_proj', mixed));
  return y.ref.add(projection('mlp.c_proj', gelu(projection('mlp.c_fc', norm('ln_2', y)))));
}

function crossEntropy(logits, labels) {
  const [rows, classes] = logits.shape;
  return nn
    .oneHot(labels, classes)
    .mul(nn.logSoftmax(logits, -1))
    .sum()
    .mul(-1 / rows);
}

function mlp(w, x) {
  const h = nn.relu(linear(w, '0', x));
  return linear(w, '4', nn.relu(linear(w, '2', h)));
}

function cnn(w, x, key) {
  const conv = (name, h) => {
    const bias = w[`${name}.bias`].ref;
    return nn.relu(lax.conv(h, w[`${name}.weight`].ref, [1, 1], 'VALID').add(bias.reshape([1, bias.shape[0], 1, 1])));
  };
  const h = conv('2', conv('0', x));
  const [batch, channels, size] = h.shape;
  // Halves of the pool's window as axes of their own.
  let pooled = h.reshape([batch, channels, size / 2, 2, size / 2, 2]).max([3, 5]);
  if (key !== undefined)
    pooled = pooled.mul(random.bernoulli(key, 0.75, pooled.shape).astype(np.float32)).mul(1 / 0.75);
  return linear(w, '9', nn.relu(linear(w, '7', pooled.reshape([batch, 9216]))));
}

function gpt(w, x, sizes) {
  const [, length] = x.shape;
  const tokens = w['transformer.wte.weight'];
  // Embeddings as products, whose gradients there are.
  let h = np.matmul(nn.oneHot(x, sizes.vocabulary), tokens.ref).add(w['transformer.wpe.weight'].ref.slice([0, length]));
  for (let i = 0; i < sizes.layers; i++) h = block(w, `transformer.h.${i}`, h, sizes);
  h = layerNorm(h, w['transformer.ln_f.weight'].ref, w['transformer.ln_f.bias'].ref);
  return np.matmul(h, tokens.ref.transpose());
}

function lstm(w, x) {
  const [length, batch] = x.shape;
  const size = 128;
  let [h, c] = [np.zeros([batch, size]), np.zeros([batch, size])];
  const inputs = np
    .matmul(x, w['lstm.weight_ih_l0'].ref.transpose())
    .add(w['lstm.bias_ih_l0'].ref)
    .add(w['lstm.bias_hh_l0'].ref);
  for (let t = 0; t < length; t++) {
    const gates = inputs.ref.slice(t).add(np.matmul(h, w['lstm.weight_hh_l0'].ref.transpose()));
    const [i, f, g, o] = np.split(gates, 4, -1);
    c = nn
      .sigmoid(f)
      .mul(c)
      .add(nn.sigmoid(i).mul(np.tanh(g)));
    h = nn.sigmoid(o).mul(np.tanh(c.ref));
  }
  return linear(w, 'head', h);
}

function gcn(w, x, graph) {
  const layer = (i, h) =>
    np.matmul(graph.ref, np.matmul(h, w[`convs.${i}.lin.weight`].ref.transpose())).add(w[`convs.${i}.bias`].ref);
  return layer(1, nn.relu(layer(0, x)));
}

function text(w, x) {
  const [batch, length] = x.shape;
  const rows = np.take(w['embedding.weight'].ref, x.reshape([batch * length]), 0).reshape([batch, length, 64]);
  return linear(w, 'output', nn.relu(linear(w, 'hidden', rows.mean(1))));
}

const functions = {
  matmul: (a, b) => np.matmul(a, b),
  conv: (x, w) => lax.conv(x, w, [1, 1], [[1, 1], [1, 1]]), // prettier-ignore
  gelu: (x, b, s) => gelu(x.add(b)).mul(s),
  softmax: (x) => nn.softmax(x, -1),
  'layer-norm': (x, w, b) => layerNorm(x, w, b),
  attention,
  add: (a, b) => a.add(b),
  chain(x, y) {
    for (let i = 0; i < 1000; i++) x = x.add(y.ref);
    return x;
  },
};

/** Logits, or what a block gives, of weights and inputs. */
const models = {
  mlp: (w, x) => mlp(w, x),
  cnn: (w, x, { key }) => cnn(w, x, key),
  gpt: (w, x, { sizes }) => gpt(w, x, sizes),
  block: (w, x, { sizes }) => block(w, 'transformer.h.0', x, sizes),
  lstm: (w, x) => lstm(w, x),
  gcn: (w, x, { graph }) => gcn(w, x, graph),
  text: (w, x) => text(w, x),
};

async function make({ workload, inputs: whole, weights }, { drops }) {
  const { kind, sizes, isTraining, isRead } = workload;
  const known = new WeakMap();
  const arraysOf = (inputs) => {
    if (!known.has(inputs)) known.set(inputs, Object.entries(inputs).filter(([name]) => name !== 'edges').map(([, values]) => arrayOf(values))); // prettier-ignore
    return known.get(inputs).map((x) => x.ref);
  };
  const finish = async (result) => {
    if (isRead) await result.data();
    else {
      await blockUntilReady(result);
      // It waits for a reading of no bytes, which devices need not do in its turn.
      if (onWebgpu) await getWebGPUDevice().queue.onSubmittedWorkDone();
      result.dispose();
    }
  };
  if (kind in functions) {
    const run = jit(functions[kind]);
    return (inputs) => finish(run(...arraysOf(inputs)));
  }
  const model = models[kind];
  if (model === undefined) throw new Missing('not written for jax-js, whose convolutions are slow');
  const first = Object.fromEntries(Object.entries(weights).map(([name, values]) => [name, arrayOf(values)]));
  if (!isTraining) {
    const run = jit((w, x) => model(w, x, { sizes }));
    return (inputs) => finish(run(tree.ref(first), ...arraysOf(inputs)));
  }

  const [beta1, beta2] = [0.9, 0.999];
  const shrinkage = kind === 'gpt' ? 1 - 1e-3 * 0.01 : 1;
  const graph = kind === 'gcn' ? arrayOf(denseGraph(whole.edges, sizes.nodes)) : np.zeros([1]);
  const nothing = np.zeros([1]);
  const hasDropout = drops && kind === 'cnn';
  const step = jit(({ w, m, v }, x, y, graph, key, ratio, root) => {
    const lossOf = (w) => {
      const logits = model(w, x, { sizes, graph, key: hasDropout ? key.ref : undefined });
      return crossEntropy(logits.reshape([-1, logits.shape.at(-1)]), y.reshape([-1]));
    };
    const [loss, gradients] = valueAndGrad(lossOf)(tree.ref(w));
    const next = { w: {}, m: {}, v: {} };
    for (const [name, g] of Object.entries(gradients)) {
      const mean = m[name].mul(beta1).add(g.ref.mul(1 - beta1));
      const square = v[name].mul(beta2).add(g.ref.mul(g).mul(1 - beta2));
      const update = mean.ref.mul(ratio.ref).div(np.sqrt(square.ref).add(root.ref));
      next.w[name] = w[name].mul(shrinkage).sub(update);
      [next.m[name], next.v[name]] = [mean, square];
    }
    return [loss, next];
  });
  const zeros = () => Object.fromEntries(Object.entries(weights).map(([name, { shape }]) => [name, np.zeros([...shape])])); // prettier-ignore
  let state = { w: first, m: zeros(), v: zeros() };
  let count = 0;
  return async (inputs) => {
    count++;
    const root = Math.sqrt(1 - beta2 ** count);
    const numbers = [np.array((1e-3 * root) / (1 - beta1 ** count)), np.array(1e-8 * root)];
    const [loss, next] = step(
      state,
      ...arraysOf(inputs),
      graph.ref,
      hasDropout ? random.key(count) : nothing.ref,
      ...numbers,
    );
    state = next;
    return (await loss.data())[0];
  };
}

await serve({ version: start, make, counter: () => adapter?.counter });
