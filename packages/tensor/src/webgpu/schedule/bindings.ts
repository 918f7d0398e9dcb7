/**
 * Which bindings a kernel sees its buffers through. Ordinarily every buffer has its own, so that kernels that differ only in
 * where their temporaries lie share one pipeline. Where a device has too few, the temporaries share windows of the arena.
 */
import { bytesOf as elementBytes, type PlanBuffer } from '../../compiler/kernel.ts';
import type { DeviceLimits } from '../profile.ts';
import type { BufferView } from '../wgsl/emitter.ts';
import type { Uses } from './traverse.ts';

/** How a place moves with a loop around: by `stride` bytes for each position of the loop that is `depth` loops deep. */
export interface Move {
  readonly depth: number;
  readonly stride: number;
}

/** A part of a buffer that stays where it is, and is seen there: where it begins in a parameter, or (−1) in the arena, and how it moves. */
export interface MovingPart {
  readonly parameter: number;
  readonly offset: number;
  readonly moves: readonly Move[];
}

/**
 * Where a parameter lies in a run: `offset` bytes (a multiple of 256) behind where the parameter `root` begins, in the same buffer of the device. Two that are one and the same have the same place; what
 * shares its buffer with no other is its own root.
 */
export interface ParameterPlace {
  readonly root: number;
  readonly offset: number;
}

/** Every parameter in a buffer of its own. */
export function placesApart(count: number): ParameterPlace[] {
  return Array.from({ length: count }, (_, root) => ({ root, offset: 0 }));
}

export interface Binding {
  readonly access: 'read' | 'read_write';
  /** Position of the parameter; −1 for a window of the arena. */
  readonly parameter: number;
  /** Where it begins in the arena, or behind where the parameter begins. */
  readonly offset: number;
  readonly bytes: number;
  /** Empty: it is always the same place. */
  readonly moves: readonly Move[];
}

export interface BindingPlan {
  readonly bindings: readonly Binding[];
  readonly views: ReadonlyMap<number, BufferView>;
  /** WGSL declarations. */
  readonly declarations: readonly string[];
}

/** One binding in the making: the buffers that share it and the bytes of the arena (or of the parameter) that it covers. */
interface Window {
  readonly parameter: number;
  begin: number;
  end: number;
  readonly buffers: number[];
  readonly moves: readonly Move[];
}

/** Bytes that a buffer takes, a multiple of 4. */
export function bytesOf({ size, type }: PlanBuffer): number {
  return Math.max(Math.ceil((size * elementBytes[type]) / 4) * 4, 4);
}

/**
 * Bindings for the buffers that a kernel uses, or undefined where the device has too few or too small ones.
 * `moving` are the parts of buffers that are seen where they are. `places` says which parameters lie in one buffer of the device in a run.
 */
export function planBindings(
  uses: Uses,
  buffers: readonly PlanBuffer[],
  places: readonly ParameterPlace[],
  { limits, moving = new Map() }: { readonly limits: DeviceLimits; readonly moving?: ReadonlyMap<number, MovingPart> },
): BindingPlan | undefined {
  const written = new Set(uses.stores.map(({ buffer }) => buffer));
  const used = [...new Set([...written, ...uses.loads.map(({ buffer }) => buffer)])];
  /** By the parameter behind which they begin; −1: in the arena. */
  const windows = new Map<number, Window[]>();
  const parts = new Map<string, Window>();
  for (const position of used) {
    const buffer = buffers[position];
    if (buffer === undefined) throw new Error(`the plan has no buffer ${position}`);
    const bytes = bytesOf(buffer);
    const part = moving.get(position);
    if (part !== undefined) {
      const { parameter, offset, moves } = part;
      const key = `${parameter} ${offset} ${bytes} ${moves.map(({ depth, stride }) => `${depth}*${stride}`).join()}`;
      const known = parts.get(key);
      if (known === undefined)
        parts.set(key, { parameter, begin: offset, end: offset + bytes, buffers: [position], moves });
      else known.buffers.push(position);
      continue;
    }
    const { root, offset } = placeOf(buffer, places);
    const others = windows.get(root) ?? [];
    others.push({ parameter: root, begin: offset, end: offset + bytes, buffers: [position], moves: [] });
    windows.set(root, others);
  }
  // Writable bindings must not overlap; beyond that, windows are joined only as far as the device demands.
  let count = parts.size;
  for (const [root, own] of windows) {
    const joined = joinWindows(own, 0);
    windows.set(root, joined);
    count += joined.length;
  }
  // A window that spans others might cover a part that moves. The arena comes last: kernels that see it through several bindings are of one form wherever their temporaries lie.
  const roots = [...windows.keys()].sort((a, b) => b - a);
  for (const root of parts.size === 0 ? roots : []) {
    const own = windows.get(root) as Window[];
    if (count <= limits.storageBuffers || own.length === 1) continue;
    const joined = joinWindows(own, limits.bindingBytes);
    windows.set(root, joined);
    count += joined.length - own.length;
  }
  const all = [...parts.values(), ...[...windows.values()].flat()];
  if (parts.size > limits.movingBuffers) return undefined;
  if (all.length > limits.storageBuffers) return undefined;
  if (all.some(({ begin, end }) => end - begin > limits.bindingBytes)) return undefined;
  // Half a word of a window cannot be written.
  if (all.some((window) => writesHalves(window, buffers, written))) return undefined;
  // In order of use, so that kernels of one form get one text wherever their buffers lie.
  const rank = ({ buffers: members }: Window): number => Math.min(...members.map((position) => used.indexOf(position)));
  return describe(
    all.sort((a, b) => rank(a) - rank(b)),
    { buffers, written, places },
  );
}

/** Where a buffer that does not move begins: behind a parameter, or (−1) in the arena. */
function placeOf(buffer: PlanBuffer, places: readonly ParameterPlace[]): ParameterPlace {
  if (buffer.kind === 'temporary') return { root: -1, offset: buffer.offset };
  return places[buffer.position] ?? { root: buffer.position, offset: 0 };
}

/** Whether a window that others share holds float16 that is written. */
function writesHalves(
  { buffers: members }: Window,
  buffers: readonly PlanBuffer[],
  written: ReadonlySet<number>,
): boolean {
  const isHalf = (position: number): boolean => buffers[position]?.type === 'f16';
  return !members.every(isHalf) && members.some((position) => isHalf(position) && written.has(position));
}

/** Joins windows of one buffer that overlap, and neighbours whose span stays within `span` bytes. */
function joinWindows(windows: readonly Window[], span: number): Window[] {
  const joined: Window[] = [];
  for (const window of [...windows].sort((a, b) => a.begin - b.begin)) {
    const last = joined.at(-1);
    if (last !== undefined && (window.begin < last.end || window.end - last.begin <= span)) {
      last.end = Math.max(last.end, window.end);
      last.buffers.push(...window.buffers);
    } else joined.push({ ...window, buffers: [...window.buffers] });
  }
  return joined;
}

function describe(
  windows: readonly Window[],
  {
    buffers,
    written,
    places,
  }: {
    readonly buffers: readonly PlanBuffer[];
    readonly written: ReadonlySet<number>;
    readonly places: readonly ParameterPlace[];
  },
): BindingPlan {
  const bindings: Binding[] = [];
  const views = new Map<number, BufferView>();
  const declarations: string[] = [];
  // One buffer of the device may not be bound for reading and for writing in one dispatch.
  const changing = new Set(
    windows.flatMap(({ parameter, buffers: own }) => (own.some((buffer) => written.has(buffer)) ? [parameter] : [])),
  );
  windows.forEach((window, i) => {
    const { parameter, begin, end, moves } = window;
    const access = parameter < 0 || changing.has(parameter) ? 'read_write' : 'read';
    const types = new Set(window.buffers.map((position) => buffers[position]?.type));
    const [only] = types;
    const element = types.size === 1 && (only === 'f32' || only === 'i32' || only === 'f16') ? only : 'u32';
    bindings.push({ access, parameter, offset: begin, bytes: end - begin, moves });
    declarations.push(`@group(0) @binding(${i}) var<storage, ${access}> b${i}: array<${element}>;`);
    for (const position of window.buffers) {
      const buffer = buffers[position];
      if (buffer === undefined) continue;
      // What moves has its window to itself.
      const base = moves.length > 0 ? 0 : (placeOf(buffer, places).offset - begin) / elementBytes[buffer.type];
      const isShared = window.buffers.length > 1;
      views.set(position, { name: `b${i}`, element, base, isShared, size: buffer.size, type: buffer.type });
    }
  });
  return { bindings, views, declarations };
}
