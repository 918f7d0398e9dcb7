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

export interface Binding {
  readonly access: 'read' | 'read_write';
  /** Position of the parameter; −1 for a window of the arena. */
  readonly parameter: number;
  /** Offset in the arena, for a window of it. */
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
 * `moving` are the parts of buffers that are seen where they are. `canonical` gives, for parameters that are bound to one and the same device buffer in a run, the first of them.
 */
export function planBindings(
  uses: Uses,
  buffers: readonly PlanBuffer[],
  canonical: readonly number[],
  { limits, moving = new Map() }: { readonly limits: DeviceLimits; readonly moving?: ReadonlyMap<number, MovingPart> },
): BindingPlan | undefined {
  const written = new Set(uses.stores.map(({ buffer }) => buffer));
  const used = [...new Set([...written, ...uses.loads.map(({ buffer }) => buffer)])];
  const parameters = new Map<number, Window>();
  const temporaries: Window[] = [];
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
    if (buffer.kind === 'temporary') {
      const end = buffer.offset + bytes;
      temporaries.push({ parameter: -1, begin: buffer.offset, end, buffers: [position], moves: [] });
      continue;
    }
    const parameter = canonical[buffer.position] ?? buffer.position;
    const window = parameters.get(parameter);
    if (window === undefined)
      parameters.set(parameter, { parameter, begin: 0, end: bytes, buffers: [position], moves: [] });
    else {
      window.end = Math.max(window.end, bytes);
      window.buffers.push(position);
    }
  }
  temporaries.sort((a, b) => a.begin - b.begin);
  // Writable bindings must not overlap; beyond that, windows are joined only as far as the device demands.
  let windows = joinWindows(temporaries, 0);
  const own = parameters.size + parts.size;
  // A window that spans others might cover a part of the arena that moves.
  if (own + windows.length > limits.storageBuffers && parts.size === 0)
    windows = joinWindows(temporaries, limits.bindingBytes);
  const all = [...parameters.values(), ...parts.values(), ...windows];
  if (parts.size > limits.movingBuffers) return undefined;
  if (all.length > limits.storageBuffers) return undefined;
  if (all.some(({ begin, end }) => end - begin > limits.bindingBytes)) return undefined;
  // Half a word of a window cannot be written.
  if (all.some((window) => writesHalves(window, buffers, written))) return undefined;
  // In order of use, so that kernels of one form get one text wherever their buffers lie.
  const rank = ({ buffers: members }: Window): number => Math.min(...members.map((position) => used.indexOf(position)));
  return describe(
    all.sort((a, b) => rank(a) - rank(b)),
    buffers,
    written,
  );
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

/** Joins windows that overlap, and neighbours whose span stays within `span` bytes. */
function joinWindows(sorted: readonly Window[], span: number): Window[] {
  const joined: Window[] = [];
  for (const window of sorted) {
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
  buffers: readonly PlanBuffer[],
  written: ReadonlySet<number>,
): BindingPlan {
  const bindings: Binding[] = [];
  const views = new Map<number, BufferView>();
  const declarations: string[] = [];
  windows.forEach((window, i) => {
    // Every window of the arena is writable: a buffer may not be bound for reading and for writing in one dispatch.
    const access = window.parameter < 0 || window.buffers.some((buffer) => written.has(buffer)) ? 'read_write' : 'read';
    const types = new Set(window.buffers.map((position) => buffers[position]?.type));
    const [only] = types;
    const element = types.size === 1 && (only === 'f32' || only === 'i32' || only === 'f16') ? only : 'u32';
    const { parameter, begin, end, moves } = window;
    bindings.push({ access, parameter, offset: begin, bytes: end - begin, moves });
    declarations.push(`@group(0) @binding(${i}) var<storage, ${access}> b${i}: array<${element}>;`);
    for (const position of window.buffers) {
      const buffer = buffers[position];
      if (buffer === undefined) continue;
      const base = buffer.kind === 'temporary' ? (buffer.offset - window.begin) / elementBytes[buffer.type] : 0;
      views.set(position, { name: `b${i}`, element, base, size: buffer.size, type: buffer.type });
    }
  });
  return { bindings, views, declarations };
}
