/**
 * Tensors of two thousand million elements and of gigabytes, whose positions and addresses need all of 32 bits.
 *
 * @module-tag long: each takes gigabytes and seconds.
 * @module-tag alone: WebAssembly's memory never shrinks.
 */
import { afterEach, beforeAll, expect, it } from 'vitest';
import {
  bitwiseAnd,
  indexSelect,
  iota,
  OutOfMemoryError,
  realize,
  setDevice,
  tensor,
  zeros,
  type Tensor,
} from '../src/index.ts';

beforeAll(() => setDevice('wasm'));

let made: Tensor | undefined;
afterEach(() => made?.dispose());

/** Of a tensor whose element i is i modulo 256. */
async function expectRemainders(x: Tensor): Promise<void> {
  const { size } = x;
  const places = [0, 255, 2 ** 28 + 1, 2 ** 29 + 2, 2 ** 30 - 1, 2 ** 30 + 3, 2 ** 30 + 2 ** 28 - 1].filter(
    (i) => i < size,
  );
  places.push(size - 1);
  expect(await indexSelect(x, 0, tensor(Int32Array.from(places))).toArray()).toEqual(places.map((i) => i % 256));
  expect(await x.slice([size - 2], [size]).toArray()).toEqual([(size - 2) % 256, (size - 1) % 256]);
  expect(await x.flip(0).slice([0], [3]).toArray()).toEqual([1, 2, 3].map((i) => (size - i) % 256));
  expect(await x.equal(250).sum().item()).toBe(Math.ceil((size - 250) / 256));
}

// First: afterwards what is free may lie in pieces.
it('float32 of 3 GiB', async () => {
  const size = 3 * 2 ** 28 - 7;
  const x = (made = bitwiseAnd(iota([size], 0), 255).to('float32'));
  await realize(x);
  await expectRemainders(x);
  expect(await x.argmax().item()).toBe(255);
}, 300_000);

it('uint8 of more than 2³⁰ elements through memory in its own order', async () => {
  const size = 2 ** 30 + 2 ** 20 + 5;
  const x = iota([size], 0).to('uint8');
  await realize(x);
  made = x.add(3);
  await realize(made);
  x.dispose();
  const shifted = made.sub(3);
  await expectRemainders(shifted);
}, 300_000);

it('uint8 of 2³¹ − 1 elements', async () => {
  const size = 2 ** 31 - 1;
  const x = (made = iota([size], 0).to('uint8'));
  await realize(x);
  await expectRemainders(x);
  const late = x.equal(254).mul(iota([size], 0).greaterEqual(2 ** 30 + 2 ** 29));
  expect(await late.to('int32').argmax().item()).toBe(2 ** 30 + 2 ** 29 + 254);
  const rows = x.slice([0], [2 ** 31 - 2 ** 16]).reshape([2 ** 15 - 1, 2 ** 16]);
  expect(await rows.to('int32').sum(1).slice([2 ** 15 - 3], [2 ** 15 - 1]).toArray()).toEqual([8355840, 8355840]); // prettier-ignore
  expect(await rows.max(0).slice([65534], [65536]).toArray()).toEqual([254, 255]);
}, 300_000);

it('what is beyond 4 GiB is an error that says so, and the device goes on', async () => {
  const large = zeros([2 ** 30]).add(iota([2 ** 30], 0));
  const computing = realize(large);
  await expect(computing).rejects.toThrow(OutOfMemoryError);
  await expect(computing).rejects.toThrow(
    /cannot allocate 4096\.0 MiB: .* and its memory can be 4096\.0 MiB at most\.\n {2}hint: Use a smaller batch/,
  );
  expect(await tensor([1, 2]).add(1).toArray()).toEqual([2, 3]);
});
