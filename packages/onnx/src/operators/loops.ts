/** Loops as ONNX's `Scan`, whose step is a graph of its own: written once, however many steps there are, so that their number may be a free size. */
import type { DType } from '@hebb/tensor';
import type { Emitter, Value } from '../emitter.ts';
import type { Extent } from '../extents.ts';
import type { OnnxValueInfo } from '../schema.ts';
import type { Site } from '../site.ts';
import { dimension, valueInfo } from '../value-info.ts';

/** The results of a loop that are read, by their positions. */
export type LoopResults = ReadonlyMap<number, Value>;

export interface LoopStep {
  /** Positions of the results that are read. */
  readonly read: ReadonlySet<number>;
  /** Writes the step into `inside`, of the carries and what is read step by step: the next carries, and what is stacked, in their full shapes; undefined where it is not read. */
  readonly write: (parameters: readonly Value[]) => readonly (Value | undefined)[];
}

interface Typed {
  readonly dtype: DType;
  readonly extents: readonly Extent[];
}

export function writeLoop(site: Site<'scan'>, inside: Emitter, { read, write }: LoopStep): LoopResults {
  const { emitter, node } = site;
  const carries = site.fixed('carries');
  const xs = site.fixed('xs');
  const direction = site.fixed('reverse') ? 1 : 0;
  const types: readonly Typed[] = node.step?.parameters ?? [];
  const results: readonly Typed[] = node.step?.results ?? [];
  const length = node.versions.map(({ attributes }) => attributes.length);

  const inputs = types.map((_, i) => site.full(i).name);
  const names = types.map((_, i) => inside.builder.unique(site.name(i < carries ? 'Scan/carry' : 'Scan/x')));
  const infos: OnnxValueInfo[] = types.map(({ dtype, extents }, i) =>
    infoOf(inside, names[i] as string, dtype, extents),
  );
  if (xs === 0) {
    // The operator counts its steps by what it reads.
    const steps = emitter.vectorOf([site.extentVector('number of steps', length)], site.name('Scan/steps'));
    const type: Typed = { dtype: 'int32', extents: [length] };
    inputs.push(site.emit('Expand', [emitter.scalar('int32', 0), steps], type).name);
    infos.push(infoOf(inside, inside.builder.unique(site.name('Scan/position')), 'int32', []));
  }
  const parameters = types.map(({ dtype, extents }, i) =>
    inside.register({ name: names[i] as string, dtype, extents }),
  );
  const written = write(parameters);

  // What the step gives must be made in it, and each value by itself.
  const made = new Set(inside.builder.nodes.flatMap(({ output }) => output ?? []));
  const output = ({ name }: Value): string => {
    if (made.delete(name)) return name;
    return inside.builder.node('Identity', [name], {}, site.name('Scan/Identity'));
  };
  const stacked = ({ dtype, extents }: Typed): Typed => ({ dtype, extents: [length, ...extents] });
  const given: { readonly index: number; readonly name: string; readonly inner: Typed; readonly type: Typed }[] = [];
  const give = (index: number, value: Value, inner: Typed, type: Typed): void => {
    given.push({ index, name: output(value), inner, type });
  };
  for (let i = 0; i < carries; i++) give(i, written[i] as Value, types[i] as Typed, types[i] as Typed);
  for (const index of [...read].filter((i) => i >= carries).sort((a, b) => a - b)) {
    const isBefore = index < 2 * carries;
    const inner = (isBefore ? types[index - carries] : results[index - carries]) as Typed;
    give(index, (isBefore ? parameters : written)[index - carries] as Value, inner, stacked(inner));
  }

  const scans = Math.max(xs, 1);
  const body = {
    name: site.name('Scan/step'),
    node: inside.builder.nodes,
    input: infos,
    output: given.map(({ name, inner: { dtype, extents } }) => infoOf(inside, name, dtype, extents)),
  };
  const outputs = emitter.builder.several(
    'Scan',
    inputs,
    {
      body: { graph: body },
      num_scan_inputs: scans,
      scan_input_directions: new Array<number>(scans).fill(direction),
      scan_output_directions: new Array<number>(given.length - carries).fill(direction),
    },
    site.name('Scan'),
    given.map(({ index }) => site.name(index < carries ? 'Scan/last' : 'Scan/steps')),
  );
  return new Map(given.map(({ index, type }, i) => [index, emitter.register({ name: outputs[i] as string, ...type })]));
}

/** The name of a value of the graph inside, with its type. */
export function infoOf(emitter: Emitter, name: string, dtype: DType, extents: readonly Extent[]): OnnxValueInfo {
  return valueInfo(
    name,
    dtype,
    extents.map((extent, axis) => dimension(emitter, name, extent, axis)),
  );
}
