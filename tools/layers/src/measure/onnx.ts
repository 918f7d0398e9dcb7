/** Files of layers with free axes, run by onnxruntime at two sizes. */
import { Module } from '../../../../packages/layers/src/index.ts';
import { exportOnnx, parseOnnx, runOnnx } from '../../../../packages/onnx/src/index.ts';
import { setDevice, type Tensor } from '../../../../packages/tensor/src/index.ts';
import { failure, sayError, type Cell } from '../../../operations/src/cell.ts';
import { modelOf, tensorsIn, type Model } from '../prepare.ts';
import { inputsOf, type Sample } from '../sample.ts';

const tolerance = 1e-5;

/** What only computes sizes and moves elements; it stands in nearly every file. */
const bookkeeping = new Set([
  'Shape',
  'Gather',
  'Reshape',
  'Expand',
  'Unsqueeze',
  'Squeeze',
  'Concat',
  'Slice',
  'Cast',
  'Identity',
  'Constant',
  'ConstantOfShape',
  'Transpose',
  'Range',
]);

/** A model whose results are a record, as files have them. */
class Exported extends Module<Tensor[], Record<string, Tensor>> {
  readonly model: Model;

  constructor(model: Model) {
    super();
    this.model = model;
  }

  forward(...inputs: Tensor[]): Record<string, Tensor> {
    return Object.fromEntries(tensorsIn(this.model.forward(...inputs)));
  }
}

/** The operators of its file. Throws where the file computes something else. */
async function operatorsOf(sample: Sample): Promise<string[]> {
  const model = new Exported(modelOf(sample)).eval();
  const names = sample.inputs.map((_, i) => `x${i}`);
  const inputs = Object.fromEntries(sample.inputs.map(({ shape, dtype }, i) => [`x${i}`, { shape, dtype }]));
  const bytes = await exportOnnx(model, { inputs });
  const graph = parseOnnx(bytes).graph;
  const used = new Set(graph?.input?.map(({ name }) => name));
  for (const which of [0, 1] as const) {
    const given = inputsOf(sample, which);
    const fed = Object.fromEntries(names.flatMap((name, i) => (used.has(name) ? [[name, given[i] as Tensor]] : [])));
    const actual = Object.values(await runOnnx(bytes, fed));
    const expected = Object.values(model.forward(...given));
    for (const [i, want] of expected.entries()) {
      const got = actual[i] as Tensor;
      if (String(got) !== String(want)) throw new Error(`the file gives ${got}, not ${want}`);
      const [a, b] = [Array.from(await got.data(), Number), Array.from(await want.data(), Number)];
      const wrong = b.findIndex((value, j) => {
        const other = a[j] ?? NaN;
        return !Object.is(value, other) && !(Math.abs(other - value) <= tolerance * (1 + Math.abs(value)));
      });
      if (wrong >= 0) throw new Error(`the file gives ${a[wrong]}, not ${b[wrong]}`);
    }
  }
  return (graph?.node ?? []).map(({ opType }) => opType ?? '');
}

/** Operators other than those that only move elements, each once; in words where they are many. */
function describe(operators: readonly string[]): string {
  const own = [...new Set(operators.filter((name) => !bookkeeping.has(name)))];
  const shown = own.length > 0 ? own : [...new Set(operators)];
  return shown.length <= 4 ? shown.join(', ') : `${shown.length} operators`;
}

export async function onnxCell(samples: readonly Sample[]): Promise<Cell> {
  setDevice('reference');
  const seen = new Set<string>();
  try {
    for (const sample of samples) {
      if (sample.noFile !== undefined) return { text: 'no', note: sample.noFile };
      seen.add(describe(await operatorsOf(sample)));
    }
    return { text: [...seen].slice(0, 2).join('; ') };
  } catch (error) {
    return failure(sayError(error));
  }
}
