/** What a graph says of its inputs and outputs. */
import type { DType } from '@hebb/tensor';
import type { Emitter } from './emitter.ts';
import { first, formatExpression, isStatic, type Extent } from './extents.ts';
import type { InputShape } from './inputs.ts';
import { elementTypes, type OnnxValueInfo } from './schema.ts';

/** An extent: its number, or what it follows from, or a name of its own. */
export function dimension(emitter: Emitter, value: string, extent: Extent, axis: number): number | string {
  if (isStatic(extent)) return first(extent);
  const expression = emitter.expression(extent);
  return expression === undefined ? `${value}_axis_${axis}` : formatExpression(expression);
}

export function valueInfo(name: string, dtype: DType, shape: InputShape): OnnxValueInfo {
  const dim = shape.map((extent) => (typeof extent === 'number' ? { dimValue: extent } : { dimParam: extent }));
  return { name, type: { tensorType: { elemType: elementTypes[dtype], shape: { dim } } } };
}
