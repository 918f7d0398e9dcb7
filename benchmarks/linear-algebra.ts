/**
 * Factorisations of matrices beside PyTorch on one thread of the same processor, in alternating rounds: `node --import tsx benchmarks/linear-algebra.ts [wasm|webgpu]`.
 */
import {
  cholesky,
  determinant,
  eigh,
  eye,
  inverse,
  manualSeed,
  matmul,
  qr,
  randn,
  setDevice,
  solve,
  svd,
  transpose,
  triangularSolve,
  type Tensor,
} from '@hebb/tensor';
import { besidePyTorch, on, type Run } from './support/beside-pytorch.ts';
import { commandLine, devices } from './support/command-line.ts';

const { device: deviceName } = commandLine(import.meta.url, { device: devices });
setDevice(deviceName);
manualSeed(1);

const cases: Record<string, Run> = {};
for (const [batch, n] of [
  [1000, 4],
  [1, 32],
  [1, 128],
  [1, 512],
] as const) {
  // prettier-ignore
  const x = randn([batch, n, n]);
  const definite = matmul(x, transpose(x, -2, -1)).add(eye(n).mul(n));
  const triangle = cholesky(definite);
  const add = async (name: string, f: (...xs: Tensor[]) => Tensor | Tensor[], ...inputs: Tensor[]): Promise<void> => {
    cases[`${name}-${batch}x${n}`] = await on(inputs, f);
  };
  await add('cholesky', (a) => cholesky(a), definite);
  await add('triangular', (a, b) => triangularSolve(a, b), triangle, x);
  await add('solve', (a, b) => solve(a, b), x, definite);
  await add('inverse', (a) => inverse(a), x);
  await add('determinant', (a) => determinant(a), x);
  await add('qr', (a) => Object.values(qr(a)), x);
  if (n > 128) continue;
  await add('eigh', (a) => Object.values(eigh(a)), definite);
  await add('svd', (a) => Object.values(svd(a)), x);
}
await besidePyTorch(new URL('linear-algebra.py', import.meta.url), cases);
