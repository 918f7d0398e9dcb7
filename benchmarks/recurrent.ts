/**
 * Recurrent layers as loops (`scan`) beside PyTorch's on one thread of the same processor, in alternating rounds: two layers, 64 → 128 → 128, of 64 steps and
 * 32 rows; their values, and their gradients with respect to the input and all weights.
 * `node --import tsx benchmarks/recurrent.ts [wasm|webgpu] [part of a case's name]`.
 */
import { vjp } from '@hebb/autograd';
import { manualSeed, randn, scan, setDevice, zeros, type Tensor } from '@hebb/tensor';
import { besidePyTorch, on, type Run } from './support/beside-pytorch.ts';
import { commandLine, devices } from './support/command-line.ts';

const { device: deviceName, filter } = commandLine(import.meta.url, { device: devices, filter: '' });
setDevice(deviceName);
manualSeed(1);

const [steps, batch, features, width] = [64, 32, 64, 128];
type Cell = (projected: Tensor, recurrent: Tensor, state: readonly Tensor[]) => readonly Tensor[];

const gatesOf = (all: Tensor, count: number): Tensor[] =>
  Array.from({ length: count }, (_, i) => all.narrow(1, i * width, width));

const cells: Readonly<Record<string, { readonly gates: number; readonly states: number; readonly cell: Cell }>> = {
  lstm: {
    gates: 4,
    states: 2,
    cell: (projected, recurrent, [, c]) => {
      const [i, f, g, o] = gatesOf(projected.add(recurrent), 4) as [Tensor, Tensor, Tensor, Tensor];
      const next = f
        .sigmoid()
        .mul(c as Tensor)
        .add(i.sigmoid().mul(g.tanh()));
      return [o.sigmoid().mul(next.tanh()), next];
    },
  },
  gru: {
    gates: 3,
    states: 1,
    cell: (projected, recurrent, [h]) => {
      const [r, z, n] = gatesOf(projected, 3) as [Tensor, Tensor, Tensor];
      const [hr, hz, hn] = gatesOf(recurrent, 3) as [Tensor, Tensor, Tensor];
      const update = z.add(hz).sigmoid();
      const candidate = n.add(r.add(hr).sigmoid().mul(hn)).tanh();
      return [candidate.add(update.mul((h as Tensor).sub(candidate)))];
    },
  },
  rnn: { gates: 1, states: 1, cell: (projected, recurrent) => [projected.add(recurrent).tanh()] },
};

function layer(name: string, xs: Tensor, [input, hidden, inputBias, hiddenBias]: readonly Tensor[]): Tensor {
  const { states, cell } = cells[name] as (typeof cells)[string];
  const projected = xs.matmul((input as Tensor).transpose(0, 1)).add(inputBias as Tensor);
  const step = (state: readonly Tensor[], x: Tensor): readonly [readonly Tensor[], Tensor] => {
    const recurrent = (state[0] as Tensor).matmul((hidden as Tensor).transpose(0, 1)).add(hiddenBias as Tensor);
    const next = cell(x, recurrent, state);
    return [next, next[0] as Tensor];
  };
  const first: readonly Tensor[] = Array.from({ length: states }, () => zeros([batch, width]));
  return scan(step, first, projected)[1];
}

const runs: Record<string, Run> = {};
for (const name of ['lstm', 'gru', 'rnn']) {
  const { gates } = cells[name] as (typeof cells)[string];
  const weights = [features, width].flatMap((size) =>
    [[gates * width, size], [gates * width, width], [gates * width], [gates * width]].map((shape) =>
      randn(shape).mul(0.05),
    ),
  );
  const network = (xs: Tensor, ...all: Tensor[]): Tensor => layer(name, layer(name, xs, all.slice(0, 4)), all.slice(4));
  const xs = randn([steps, batch, features]);
  runs[name] = await on([xs, ...weights], network);
  runs[`${name}-gradient`] = await on([randn([steps, batch, width]), xs, ...weights], (cotangent, x, ...all) =>
    vjp(network, x, ...all).pullback(cotangent),
  );
}
await besidePyTorch(new URL('recurrent.py', import.meta.url), runs, filter);
