/**
 * Which parameters of a plan should lie side by side in one buffer of the device. A dispatch has few bindings (8 where a device offers no more than WebGPU demands), and the updates of sixty parameters
 * with two moments each see 240 buffers; side by side they are one binding, with places that are constants of the shader.
 */
import type { Plan, PlanBuffer } from '../compiler/kernel.ts';
import { sizeClass } from './buffers.ts';
import type { DeviceLimits } from './profile.ts';
import { placesApart, type ParameterPlace } from './schedule/bindings.ts';
import { accessesOf } from './schedule/traverse.ts';

/** Parameters that share a block, by position, in the order in which they lie there. */
export interface JointParameters {
  readonly positions: readonly number[];
  /** Where each begins. */
  readonly offsets: readonly number[];
  readonly bytes: number;
  /**
   * `state`: read and written, so that it stays what it is; `input`: read only, the same or another in the next run; `result`: written only, a new one in every run.
   */
  readonly role: 'state' | 'input' | 'result';
}

/**
 * Bytes of a block at most. A larger one saves nothing that could be measured beside the time that the device takes for so many bytes, and while it is filled, it and what it is filled from are there.
 */
const mostBytes = 32 * 2 ** 20;

/** The blocks that a plan wants: of the parameters of independent kernels that are one step, where these are more than a dispatch can bind. */
export function jointParameters({ kernels, buffers }: Plan, limits: DeviceLimits): JointParameters[] {
  const all = accessesOf(kernels, buffers);
  const wanted = new Map<number, PlanBuffer>();
  for (const step of kernels) {
    if (step.kind !== 'parts') continue;
    const { read, written } = accessesOf(step.kernels, buffers);
    const own = new Map<number, PlanBuffer>();
    for (const position of new Set([...read, ...written])) {
      const buffer = buffers[position];
      if (buffer?.kind === 'parameter' && buffer.size > 0) own.set(position, buffer);
    }
    if (own.size > limits.storageBuffers) for (const [position, buffer] of own) wanted.set(position, buffer);
  }
  const groups = new Map<string, { role: JointParameters['role']; members: { position: number; bytes: number }[] }>();
  for (const [at, { position, type, size }] of wanted) {
    const role = !all.written.has(at) ? 'input' : all.read.has(at) ? 'state' : 'result';
    // Half a word cannot be written where others see whole ones.
    const key = `${role} ${type === 'f16' ? 'halves' : 'words'}`;
    const group = groups.get(key) ?? { role, members: [] };
    group.members.push({ position, bytes: sizeClass(size * (type === 'f16' ? 2 : 4)) });
    groups.set(key, group);
  }
  const most = Math.min(mostBytes, limits.bindingBytes, limits.bufferBytes);
  return [...groups.values()].flatMap(({ role, members }) => fill(members, most, role));
}

/** The smallest first, block after block. */
function fill(
  members: readonly { readonly position: number; readonly bytes: number }[],
  most: number,
  role: JointParameters['role'],
): JointParameters[] {
  const blocks: { positions: number[]; offsets: number[]; bytes: number; role: JointParameters['role'] }[] = [];
  for (const { position, bytes } of [...members].sort((a, b) => a.bytes - b.bytes || a.position - b.position)) {
    let block = blocks.at(-1);
    if (block === undefined || block.bytes + bytes > most)
      blocks.push((block = { positions: [], offsets: [], bytes: 0, role }));
    block.positions.push(position);
    block.offsets.push(block.bytes);
    block.bytes += bytes;
  }
  return blocks.filter(({ positions }) => positions.length > 1);
}

/** Where parameters lie once all of these are side by side. */
export function placesTogether(count: number, blocks: readonly JointParameters[]): ParameterPlace[] {
  const places = placesApart(count);
  for (const { positions, offsets } of blocks) {
    const root = positions[0] ?? 0;
    positions.forEach((position, i) => (places[position] = { root, offset: offsets[i] ?? 0 }));
  }
  return places;
}
