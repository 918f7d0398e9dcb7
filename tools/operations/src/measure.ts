/** What a row of the page says of an operation: each cell is measured, none is written by hand. */
import type { Operation } from './operation.ts';
import { deviceCell } from './measure/devices.ts';
import { gradientCells, mapCell } from './measure/derivatives.ts';
import { onnxCell } from './measure/onnx.ts';
import { none, type Cell } from './cell.ts';

export const columns = ['wasm', 'webgpu', 'gradient', 'second', 'vmap', 'onnx'] as const;
export type Column = (typeof columns)[number];
export type Row = Readonly<Record<Column, Cell>>;

export async function measure(operation: Operation, webgpu: boolean): Promise<Row> {
  const [gradient, second] = gradientCells(operation);
  return {
    wasm: await deviceCell(operation, 'wasm'),
    webgpu: webgpu ? await deviceCell(operation, 'webgpu') : none,
    gradient,
    second,
    vmap: mapCell(operation),
    onnx: await onnxCell(operation),
  };
}
