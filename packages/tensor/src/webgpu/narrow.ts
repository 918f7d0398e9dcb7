/**
 * float16 and uint8 on a device. float16 lies there as it is where shaders may have it; elsewhere, and uint8 always, elements have 4 bytes, float32 and
 * int32, which the host converts when it writes and reads.
 */
import type { Plan, StorageType } from '../compiler/kernel.ts';
import { halfBits, halfValue } from '../graph/half.ts';
import type { DType } from '../graph/types.ts';
import type { DeviceBuffer, HostArray } from '../runtime/backend.ts';

/** Elements as the device holds them. */
export type DeviceArray = Float32Array | Int32Array | Uint16Array;

export function isHostArray(binding: DeviceBuffer | HostArray): binding is HostArray {
  return ArrayBuffer.isView(binding);
}

/** How a device holds elements. */
export interface DeviceFormat {
  readonly elementBytes: Readonly<Record<DType, number>>;
  /** The plan with buffers as the device holds them. */
  plan(plan: Plan): Plan;
  /** The elements as the device holds them; the array itself where that is how the host does. */
  onDevice(host: HostArray): DeviceArray;
  /** Room for what the device holds of the elements of `host`; the array itself where that is how the host does. */
  roomFor(host: HostArray): DeviceArray;
  /** Elements that came from the device as the host holds them. */
  intoHost(data: DeviceArray, host: HostArray): void;
}

/** The format of a device whose shaders may have float16, or not. */
export function deviceFormat(halves: boolean): DeviceFormat {
  const storage: Readonly<Record<StorageType, StorageType>> = {
    f32: 'f32',
    f16: halves ? 'f16' : 'f32',
    i32: 'i32',
    u8: 'i32',
    bool: 'bool',
  };
  return {
    elementBytes: { float32: 4, float16: halves ? 2 : 4, int32: 4, uint8: 4, bool: 4 },
    plan: (plan) => ({
      ...plan,
      buffers: plan.buffers.map((buffer) => ({ ...buffer, type: storage[buffer.type] })),
    }),
    onDevice(host) {
      if (host instanceof Uint16Array) return halves ? host : Float32Array.from(host, halfValue);
      return host instanceof Uint8Array ? Int32Array.from(host) : host;
    },
    roomFor(host) {
      if (host instanceof Uint16Array) return halves ? host : new Float32Array(host.length);
      return host instanceof Uint8Array ? new Int32Array(host.length) : host;
    },
    intoHost(data, host) {
      if (data === host) return;
      if (host instanceof Uint16Array) data.forEach((value: number, i: number) => (host[i] = halfBits(value)));
      else host.set(data);
    },
  };
}

/** The bytes of elements in whole words, which alone WebGPU writes. */
export function wholeWords(data: DeviceArray): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  if (bytes.length % 4 === 0) return bytes;
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  return padded;
}
