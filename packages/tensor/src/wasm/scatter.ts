/**
 * Schedules scatters. Each point of the outer axes is one scatter of its own, a call of one function. Where updates of one destination are
 * long rows (an embedding's gradient), they are sorted by destination first; elements are combined one after the other.
 */
import type { Expression, ScatterKernel } from '../compiler/kernel.ts';
import { AxisValues, type KernelContext } from './address.ts';
import { product } from './blocks.ts';
import { FunctionBuilder } from './function-builder.ts';
import type { Value } from './ir.ts';
import type { GridPart } from './map.ts';
import { emitLoops, type NestLoop } from './nest.ts';
import type { Size } from './open.ts';
import { elementBytes, elementsBegin, emitElements } from './scatter-elements.ts';
import { isByRows, rowMajor } from './scatter-parts.ts';
import { emitLists, emitRows, listBytes } from './scatter-rows.ts';

export interface ScatterSchedule {
  readonly grid: number;
  readonly scratchBytes: Size;
}

/** Emits the kernel into the function at hand for a part of its grid. */
export function emitScatter(
  context: KernelContext,
  kernel: ScatterKernel,
  part: GridPart,
  scratch: Value,
): ScatterSchedule {
  const { fb } = context;
  const byRows = isByRows(kernel);
  const given = byRows ? kernel : withoutRows(kernel);
  fb.note(
    `scatter (${kernel.combine}) by ${byRows ? 'rows' : 'elements'} from [${kernel.source.extent}] into [${kernel.target.extent}] for each of [${kernel.outer.map(({ extent }) => extent).join(', ')}]`,
  );
  const phases: ((inner: KernelContext, axes: AxisValues, scratch: Value) => void)[] = byRows
    ? [
        (inner, axes, own) => emitLists(inner, given, axes, own),
        (inner, axes, own) => emitRows(inner, given, axes, own),
      ]
    : [(inner, axes, own) => emitElements(inner, given, axes, own)];
  const functions = phases.map((phase, i) => {
    const own = new FunctionBuilder(`${kernel.name}: ${byRows ? ['lists', 'rows'][i] : 'elements'}`);
    const memory = own.parameter('scratch');
    const inner: KernelContext = { ...context, fb: own, result: own.add(memory, elementsBegin) };
    let axes = new AxisValues(inner);
    for (const axis of given.outer) axes = axes.with(axis, own.parameter(`a${axis.id}`));
    phase(inner, axes, memory);
    return own.finish();
  });
  const loops = given.outer.map((axis, i): NestLoop => (i === 0 ? { axis, role: 'grid', ...part } : { axis }));
  emitLoops(context, new AxisValues(context), loops, (axes) => {
    const values = given.outer.map((axis) => axes.valueOf(axis) ?? fb.i32(0));
    for (const target of functions) fb.call(target, scratch, ...values);
  });
  return {
    grid: given.outer[0]?.extent ?? 1,
    scratchBytes: byRows ? listBytes(given) : elementBytes(given),
  };
}

/** The same scatter with rows as elements of their own. */
function withoutRows(kernel: ScatterKernel): ScatterKernel {
  const { row, destination } = kernel;
  if (row.length === 0) return kernel;
  const constant = (value: number): Expression => ({ kind: 'constant', type: 'i32', value });
  const binary = (operator: 'add' | 'mul', left: Expression, right: Expression): Expression => ({
    kind: 'binary',
    type: 'i32',
    operator,
    left,
    right,
  });
  const start = binary('mul', destination, constant(product(row)));
  return {
    ...kernel,
    inner: [...kernel.inner, ...row],
    row: [],
    destination: {
      kind: 'select',
      type: 'i32',
      condition: { kind: 'binary', type: 'bool', operator: 'less', left: destination, right: constant(0) },
      ifTrue: destination,
      ifFalse: binary('add', start, { kind: 'index', type: 'i32', index: rowMajor(row) }),
    },
  };
}
