/** Backends of WebAssembly whose memory is taken up to an address, so that all they are asked for lies behind it. What nobody touches costs address space alone. */
import type { Backend, DeviceBuffer } from '../../../packages/tensor/src/runtime/backend.ts';
import { withoutNone } from '../../../packages/tensor/src/compiler/optimisations.ts';
import { createWasmBackend, type WasmBackendOptions } from '../../../packages/tensor/src/wasm/backend.ts';
import type { Way } from './left-out.ts';

const addressOf = (buffer: DeviceBuffer): number => (buffer as DeviceBuffer & { readonly address: number }).address;

/** A backend that gives the first bytes at `address`, a multiple of 256, and those after it behind them. */
export function backendFrom(address: number, options?: WasmBackendOptions): Backend {
  const backend = createWasmBackend(options);
  const probe = backend.allocate(256);
  let next = addressOf(probe);
  backend.free(probe);
  // Of powers of two no byte is lost by rounding.
  for (let bytes = 2 ** 31; bytes >= 256; bytes /= 2)
    while (next + bytes <= address) {
      backend.allocate(bytes);
      next += bytes;
    }
  const first = backend.allocate(256);
  if (addressOf(first) !== address) throw new Error(`the first bytes are at ${addressOf(first)}, not at ${address}`);
  backend.free(first);
  return backend;
}

const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;

/** From the begin of memory, and wherever an address taken for a signed number, or for one of fewer bits, shows: on one thread, and on two with chunks so small that everything is shared. */
export function waysInHighMemory(): readonly Way[] {
  const places: (readonly [name: string, address: number])[] = [
    ['4 KiB before 2 GiB', 2 * gibibyte - 4096],
    ['64 KiB before 2 GiB', 2 * gibibyte - 65536],
    ['1 MiB before 2 GiB', 2 * gibibyte - mebibyte],
    ['behind 2 GiB', 2 * gibibyte],
    ['behind 3 GiB', 3 * gibibyte],
    ['32 MiB before 4 GiB', 4 * gibibyte - 32 * mebibyte],
  ];
  const way = (name: string, backend: Backend): Way => ({ name, without: withoutNone, backend });
  const shared = { threads: 2, leastChunk: 50 };
  return [
    way('at the begin', createWasmBackend()),
    ...places.flatMap(([name, address]) => [
      way(name, backendFrom(address)),
      way(`${name}, 2 threads`, backendFrom(address, shared)),
    ]),
  ];
}
