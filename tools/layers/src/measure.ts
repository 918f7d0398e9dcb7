/** A row of the page: every cell is measured. */
import { setDevice } from '../../../packages/tensor/src/index.ts';
import { failure, none, sayError, type Cell } from '../../operations/src/cell.ts';
import { agreementOf, limit, type Case } from './golden/comparison.ts';
import { derivativesCell } from './measure/derivatives.ts';
import { onnxCell } from './measure/onnx.ts';
import type { Row } from './page.ts';
import type { Subject } from './subjects.ts';

const reason =
  'No more than the same program in float32 elsewhere (PyTorch, or NumPy with the algorithm of the paper) is from its own float64, when the examples come in other orders.';

const superscript = (exponent: number): string =>
  [...String(exponent)].map((digit) => (digit === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)])).join('');

/** One digit and a power of ten. */
function errorText(error: number): string {
  const exponent = Math.floor(Math.log10(error));
  const digit = Math.ceil(error / 10 ** exponent - 1e-9);
  return digit === 10 ? `10${superscript(exponent + 1)}` : `${digit}·10${superscript(exponent)}`;
}

function errorCell(error: number | undefined, isFailure = false): Cell {
  if (error === undefined) return none;
  if (error === 0) return { text: '0' };
  const isLarge = !(error <= limit);
  if (isLarge && isFailure) return failure(`a difference of ${error.toExponential(1)}`);
  const text = errorText(error);
  return isLarge ? { text, note: reason } : { text };
}

async function deviceCells(cases: readonly Case[], device: 'wasm' | 'webgpu'): Promise<[output: Cell, gradient: Cell]> {
  if (cases.length === 0) return [none, none];
  setDevice(device);
  try {
    const { output, gradient, isFailure } = await agreementOf(cases);
    return [errorCell(output, isFailure), errorCell(gradient, isFailure)];
  } catch (error) {
    return [failure(sayError(error)), none];
  }
}

export async function measure({ cases, samples }: Subject, webgpu: boolean): Promise<Row> {
  const [wasm, wasmGradients] = await deviceCells(cases, 'wasm');
  const [gpu, gpuGradients] = webgpu ? await deviceCells(cases, 'webgpu') : [none, none];
  const roundings = cases.flatMap(({ rounding }) => (rounding === undefined ? [] : [rounding]));
  return {
    cases: cases.length === 0 ? none : { text: String(cases.length) },
    wasm,
    wasmGradients,
    webgpu: gpu,
    webgpuGradients: gpuGradients,
    rounding: roundings.length === 0 ? none : { text: errorText(Math.max(...roundings)) },
    differences: samples === undefined ? none : await derivativesCell(samples),
    onnx: samples === undefined ? none : await onnxCell(samples),
  };
}
