/** A row of the page: every cell is measured. */
import { setDevice } from '../../../packages/tensor/src/index.ts';
import { failure, none, sayError, type Cell } from '../../operations/src/cell.ts';
import { agreementOf, type Case } from './golden/comparison.ts';
import { derivativesCell } from './measure/derivatives.ts';
import { onnxCell } from './measure/onnx.ts';
import type { Row } from './page.ts';
import type { Subject } from './subjects.ts';

/** More than this, of what lies near 1, is a failure, but for what has a reason. */
const limit = 1e-5;
const reasons: Readonly<Record<string, string>> = {
  LBFGS:
    'Its directions are quotients of differences of gradients, of which float32 keeps few digits near the minimum, and each step goes on from the last.',
};

const superscript = (exponent: number): string =>
  [...String(exponent)].map((digit) => (digit === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)])).join('');

/** One digit and a power of ten. */
function errorCell(error: number | undefined, reason: string | undefined): Cell {
  if (error === undefined) return none;
  if (error === 0) return { text: '0' };
  const isLarge = !(error <= limit);
  if (isLarge && (reason === undefined || !(error <= 10 * limit)))
    return failure(`a difference of ${error.toExponential(1)}`);
  const exponent = Math.floor(Math.log10(error));
  const digit = Math.ceil(error / 10 ** exponent - 1e-9);
  const text = digit === 10 ? `10${superscript(exponent + 1)}` : `${digit}·10${superscript(exponent)}`;
  return isLarge && reason !== undefined ? { text, note: reason } : { text };
}

async function deviceCells(cases: readonly Case[], device: 'wasm' | 'webgpu'): Promise<[output: Cell, gradient: Cell]> {
  const [first] = cases;
  if (first === undefined) return [none, none];
  const reason = reasons[first.of];
  setDevice(device);
  try {
    const { output, gradient } = await agreementOf(cases);
    return [errorCell(output, reason), errorCell(gradient, reason)];
  } catch (error) {
    return [failure(sayError(error)), none];
  }
}

export async function measure({ cases, samples }: Subject, webgpu: boolean): Promise<Row> {
  const [wasm, wasmGradients] = await deviceCells(cases, 'wasm');
  const [gpu, gpuGradients] = webgpu ? await deviceCells(cases, 'webgpu') : [none, none];
  return {
    cases: cases.length === 0 ? none : { text: String(cases.length) },
    wasm,
    wasmGradients,
    webgpu: gpu,
    webgpuGradients: gpuGradients,
    differences: samples === undefined ? none : await derivativesCell(samples),
    onnx: samples === undefined ? none : await onnxCell(samples),
  };
}
