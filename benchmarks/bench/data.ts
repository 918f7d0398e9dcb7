/** The numbers of a workload: made from its definition alone, laid into one file that programs in any language read, so that all contenders compute with the same. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ArrayDefinition, Arrays, Fill, Workload } from './workloads.ts';

export interface Values {
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
}

/** What a contender is given. */
export interface Given {
  readonly workload: Workload;
  readonly inputs: Readonly<Record<string, Values>>;
  readonly weights: Readonly<Record<string, Values>>;
}

/** Uniform in [0, 1), 32 bits of state (Tommy Ettinger's mulberry32, public domain). */
export function uniforms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** From the array's name, so that it does not depend on what lies before it. */
function seedOf(name: string): number {
  return [...name].reduce((hash, letter) => (Math.imul(hash, 31) + (letter.codePointAt(0) ?? 0)) | 0, 2);
}

export function makeValues(name: string, { shape, fill }: ArrayDefinition): Values {
  const count = shape.reduce((product, extent) => product * extent, 1);
  const next = uniforms(seedOf(name));
  if ('below' in fill)
    return { shape, data: Int32Array.from({ length: count }, () => Math.floor(next() * fill.below)) };
  if ('nodes' in fill) return { shape, data: edgesOf(fill.nodes, count / 2, next) };
  const data = new Float32Array(count);
  const draw = drawOf(fill, next);
  for (let i = 0; i < count; i++) data[i] = draw();
  return { shape, data };
}

/** Sources, then targets, which are other nodes. */
function edgesOf(nodes: number, count: number, next: () => number): Int32Array<ArrayBuffer> {
  const edges = Int32Array.from({ length: 2 * count }, () => Math.floor(next() * nodes));
  for (let i = 0; i < count; i++) edges[count + i] = ((edges[i] ?? 0) + 1 + Math.floor(next() * (nodes - 1))) % nodes;
  return edges;
}

function drawOf(fill: Exclude<Fill, { below: number } | { nodes: number }>, next: () => number): () => number {
  if ('constant' in fill) return () => fill.constant;
  if ('uniform' in fill) return () => (2 * next() - 1) * fill.uniform;
  // Box & Muller.
  return () => fill.normal * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

interface Entry {
  readonly part: 'inputs' | 'weights';
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
  /** In numbers of 4 bytes. */
  readonly offset: number;
}

/** Writes `workload.json` (the definition and where each array lies) and `data.bin`, little-endian. */
export function writeData(folder: string, workload: Workload): void {
  const entries: Entry[] = [];
  const chunks: Uint8Array[] = [];
  let offset = 0;
  for (const part of ['inputs', 'weights'] as const)
    for (const [name, definition] of Object.entries<ArrayDefinition>(workload[part] satisfies Arrays)) {
      const { shape, data } = makeValues(name, definition);
      entries.push({ part, name, shape, dtype: data instanceof Int32Array ? 'int32' : 'float32', offset });
      chunks.push(new Uint8Array(data.buffer));
      offset += data.length;
    }
  writeFileSync(join(folder, 'data.bin'), Buffer.concat(chunks));
  writeFileSync(join(folder, 'workload.json'), JSON.stringify({ workload, entries }));
}

export function readData(folder: string): Given {
  const { workload, entries } = JSON.parse(readFileSync(join(folder, 'workload.json'), 'utf8')) as { workload: Workload; entries: Entry[] }; // prettier-ignore
  const bytes = readFileSync(join(folder, 'data.bin'));
  const given: { inputs: Record<string, Values>; weights: Record<string, Values> } = { inputs: {}, weights: {} };
  for (const { part, name, shape, dtype, offset } of entries) {
    const count = shape.reduce((product, extent) => product * extent, 1);
    const buffer = Uint8Array.from(bytes.subarray(4 * offset, 4 * (offset + count))).buffer;
    given[part][name] = { shape, data: dtype === 'int32' ? new Int32Array(buffer) : new Float32Array(buffer) };
  }
  return { workload, ...given };
}

/** The first rows of each input, as many as a smaller batch has: rows are of the first axis. */
export function firstRows(inputs: Given['inputs'], rows: number): Given['inputs'] {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, data }]) => {
      const [whole = 1, ...rest] = shape;
      return [name, { shape: [rows, ...rest], data: data.slice(0, (data.length / whole) * rows) }];
    }),
  );
}
