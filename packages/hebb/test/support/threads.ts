/** Trainings on some threads, and the bytes that they lead to. */
import { expect, vi } from 'vitest';
import type * as Hebb from '../../src/index.ts';

/** A runtime of its own whose device has as many threads. */
export async function withThreads(threads: number): Promise<typeof Hebb> {
  vi.resetModules();
  const hebb: typeof Hebb = await import('../../src/index.ts');
  hebb.setDevice('wasm', { threads });
  expect(await hebb.device.ready()).toMatch(
    threads === 1 ? /one thread(, without .*)?$/ : new RegExp(`${threads} threads(, without .*)?$`),
  );
  return hebb;
}

/** Of all values, one after the other. */
export async function bytesOf(tensors: readonly Hebb.Tensor[]): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for (const each of tensors) {
    const { buffer, byteOffset, byteLength } = await each.data();
    parts.push(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return Buffer.concat(parts);
}
