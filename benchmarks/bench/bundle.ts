/** What a page loads that trains an MLP with one of the JavaScript libraries, bundled, minified and compressed. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { bundleSizes } from '../../tools/release/bundle-sizes.mjs';
import type { BundleSize } from './results.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const peers = here('../peers');

const sum = (chunks: ReadonlyMap<string, number>, wanted: (name: string) => boolean): number =>
  [...chunks].reduce((total, [name, bytes]) => (wanted(name) ? total + bytes : total), 0);

export async function measureBundles(): Promise<BundleSize[]> {
  const sizes: BundleSize[] = [];
  const hebb = await bundleSizes(
    `export { Linear, ReLU, Sequential } from '@hebb/layers';
     export { crossEntropy } from '@hebb/losses';
     export { Adam } from '@hebb/optimizers';
     export { valueAndGrad } from '@hebb/autograd';
     export { compile, setDevice, tensor } from '@hebb/tensor';`,
    here('..'),
  );
  const engine = sum(hebb.chunks, (name) => name === 'tensor/wasm/engine.ts');
  sizes.push({ contender: 'Hebb', entry: hebb.entry / 1000, whole: (hebb.entry + engine) / 1000 });

  if (!existsSync(`${peers}/node_modules`)) {
    const gap = 'not installed: npm run bench -- --install-peers';
    return [...sizes, { contender: 'tfjs', gap }, { contender: 'jax-js', gap }];
  }
  const tfjs = await bundleSizes(
    `import '@tensorflow/tfjs-backend-wasm';
     import '@tensorflow/tfjs-core/dist/register_all_gradients';
     export { tensor, variableGrads, matMul, relu, losses, train, setBackend, ready } from '@tensorflow/tfjs-core';`,
    peers,
  );
  const binary = gzipSync(readFileSync(`${peers}/node_modules/@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm`), { level: 9 }); // prettier-ignore
  sizes.push({ contender: 'tfjs', entry: tfjs.entry / 1000, whole: (tfjs.entry + binary.length) / 1000 });
  const jax = await bundleSizes(`export { numpy, nn, jit, valueAndGrad, init } from '@jax-js/jax';`, peers);
  // Its WebAssembly is made by what is loaded at once; the chunks are WebGPU and WebGL.
  sizes.push({ contender: 'jax-js', entry: jax.entry / 1000, whole: jax.entry / 1000 });
  return sizes;
}
