/** `@hebb/tensor` with nothing beside it: computes on WebAssembly and, asked for the best device, finds one. */
import { device, setDevice, tensor } from '@hebb/tensor';

for (const name of /** @type {const} */ (['wasm', 'auto'])) {
  setDevice(name);
  const a = tensor([
    [1, 2],
    [3, 4],
  ]);
  const values = JSON.stringify(await a.matmul(a.transpose(0, 1)).add(1).relu().toArray());
  console.log(`${name} (${device.name}): ${values}`);
  if (values !== '[[6,12],[12,26]]') throw new Error('wrong values');
}
