/** Errors of a device beside the float64 interpreter. */
import { setDevice, tensor, type DeviceName, type Tensor } from '../../../../packages/tensor/src/index.ts';
import { interpretTensors } from '../../../../packages/tensor/test/support/compare.ts';
import { everyExponent, sweep, ulpError } from '../../../../packages/tensor/test/support/ulp.ts';
import { failure, sayError, type Cell } from '../cell.ts';
import type { Operation } from '../operation.ts';
import { inputsOf, leaf, listOf } from '../samples.ts';

/** Beyond these an operation is wrong, not inexact. */
const mostUlps = 1000;
const largest = 1e-4;

function everyNumber(): number[] {
  const sweeps = [sweep(-1.5, 1.5, 6001), sweep(0.5, 3, 6001), sweep(-20, 20, 6001), sweep(-110, 110, 6001)];
  return [everyExponent(16), ...sweeps].flatMap((part) => [...part]).concat(0, -0, Infinity, -Infinity, NaN);
}

/** All numbers, or pairs of all exponents with every tenth. */
function operands(arity: number, isRight: (value: number) => boolean): Float32Array[] {
  if (arity === 1) return [Float32Array.from(everyNumber().filter(isRight))];
  const many = [...everyExponent(2)].filter(isRight);
  const few = [...many.filter((_, i) => i % 10 === 0), 0, -0, 1, Infinity, NaN];
  return [Float32Array.from(many.flatMap((a) => few.map(() => a))), Float32Array.from(many.flatMap(() => few))];
}

/** The largest error in units of the last place, over every exponent. WebGPU may flush denormal numbers, operands and results. */
async function largestUlps(operation: Operation, device: DeviceName): Promise<number> {
  const { f, from, to } = operation.everywhere as NonNullable<Operation['everywhere']>;
  const smallest = device === 'webgpu' ? 2 ** -126 : 0;
  const isRight = (value: number): boolean =>
    !(value < from || value > to) && !(Math.abs(value) < smallest && value !== 0);
  const data = operands(operation.samples[0]?.inputs.length ?? 1, isRight);
  const run = (): Tensor => f(...data.map((values) => tensor(values)));
  setDevice('reference');
  const exact = interpretTensors([run()])[0] ?? new Float64Array();
  setDevice(device);
  const actual = await run().data();
  let worst = 0;
  exact.forEach((value, i) => {
    const error = ulpError(actual[i] ?? NaN, value, smallest);
    if (!(error <= worst)) worst = error;
  });
  return worst;
}

/** The largest error over all samples, relative to the largest element of a result. */
async function largestRelative({ samples }: Operation, device: DeviceName): Promise<number> {
  let worst = 0;
  for (const sample of samples) {
    const read = async (name: DeviceName): Promise<number[][]> => {
      setDevice(name);
      const results = listOf(await sample.f(...inputsOf(sample).map(leaf)));
      return Promise.all(results.map(async (result) => Array.from(await result.data(), Number)));
    };
    const [expected, actual] = [await read('reference'), await read(device)];
    for (const [which, values] of expected.entries()) {
      const scale = Math.max(...values.map((value) => (Number.isFinite(value) ? Math.abs(value) : 0)));
      for (const [i, value] of values.entries()) {
        const got = actual[which]?.[i] ?? NaN;
        const error = Object.is(got, value) || got === value ? 0 : Math.abs(got - value) / (scale || 1);
        if (!(error <= worst)) worst = error;
      }
    }
  }
  return worst;
}

const raised = (exponent: number): string =>
  [...String(exponent)].map((digit) => (digit === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)])).join('');

function sayRelative(error: number): string {
  const exponent = Math.floor(Math.log10(error));
  const digit = Math.ceil(error / 10 ** exponent - 1e-9);
  return digit === 10 ? `10${raised(exponent + 1)}` : `${digit}·10${raised(exponent)}`;
}

export async function deviceCell(operation: Operation, device: DeviceName): Promise<Cell> {
  try {
    if (operation.everywhere !== undefined) {
      const error = await largestUlps(operation, device);
      if (!(error <= mostUlps)) return failure(`${device}: an error of ${error.toExponential(1)} ulp`);
      return { text: error === 0 ? 'exact' : `${error.toFixed(1)} ulp` };
    }
    const error = await largestRelative(operation, device);
    if (!(error <= largest)) return failure(`${device}: an error of ${error.toExponential(1)}`);
    return { text: error === 0 ? 'exact' : sayRelative(error) };
  } catch (error) {
    return failure(`${device}: ${sayError(error)}`);
  } finally {
    setDevice('reference');
  }
}
