/**
 * Every public function that makes tensors of tensors as an ONNX file, run by onnxruntime beside the reference device; or the reason, by
 * name, why a file cannot hold it. Arguments are the right ones of the walk of wrong arguments, once as few and once as many as there are.
 */
import { beforeAll, expect, it } from 'vitest';
import * as hebb from '../src/index.ts';
import { expectSameValues } from '../../onnx/test/support/compare.ts';
import type { Kind } from './support/kinds.ts';
import { functions } from './support/public-functions.ts';
import { tensorsIn, withTensors } from './support/tensors.ts';

const exports: Readonly<Record<string, unknown>> = hebb;
const kindsOf = functions as unknown as Readonly<Record<string, readonly Kind[]>>;

beforeAll(() => hebb.setDevice('reference'));

/** What gives values to the host instead of tensors to a graph. */
const readers = new Set([
  ...['maskedSelect', 'nonZero', 'unique', 'equals', 'allClose', 'formatTensor', 'realize', 'runOnnx', 'verifyOnnx'],
  ...[
    'isBiasOrNorm',
    'encodeNpy',
    'encodeNpz',
    'encodeSafetensors',
    'encodeState',
    'writeSafetensors',
    'writeShardedSafetensors',
  ],
]);

/** What a file cannot hold, and what the error says. */
const refused: Readonly<Record<string, RegExp>> = {
  assign: /is not a variable/,
  backward: /does not depend on any parameter/,
  multinomial: /draws random numbers/,
  gumbelSoftmax: /draws random numbers/,
  ...Object.fromEntries(
    ['dropout', 'dropout1d', 'dropout2d', 'dropout3d', 'alphaDropout', 'featureAlphaDropout', 'dropPath'].map((name) => [name, /draws random numbers/]), // prettier-ignore
  ),
  // Its running statistics have to be variables, and inputs of a file are none.
  'instanceNorm with many arguments': /is no variable/,
  'scaledDotProductAttention with many arguments': /draws random numbers/,
  // The variable is made anew at each call, and is none of the graph.
  variable: /recorded inside a compiled function/,
  parameter: /recorded inside a compiled function/,
  buffer: /recorded inside a compiled function/,
};

/** Calls that need more than what has no default. */
const incomplete = new Set(['embeddingBag with few arguments']);

interface Call {
  readonly name: string;
  readonly title: string;
  readonly inputs: readonly hebb.Tensor[];
  readonly run: (...inputs: hebb.Tensor[]) => unknown;
}

function callOf(name: string, kinds: readonly Kind[], count: 'few' | 'many'): Call {
  const args = kinds.map(({ right, takes }) => (count === 'few' && takes.includes('undefined') ? undefined : right()));
  const run = (...given: hebb.Tensor[]): unknown => {
    const left = [...given];
    const own = withTensors(args, () => left.shift() as hebb.Tensor) as unknown[];
    return (exports[name] as (...args: unknown[]) => unknown)(...own);
  };
  return { name, title: `${name} with ${count} arguments`, inputs: tensorsIn(args), run };
}

const calls = Object.entries(kindsOf)
  .flatMap(([name, kinds]) => [callOf(name, kinds, 'few'), callOf(name, kinds, 'many')])
  .filter(({ inputs, title }) => inputs.length > 0 && !incomplete.has(title));

it.each(calls.filter(({ name }) => !readers.has(name)))('$title', async ({ name, title, inputs, run }) => {
  const model = (...given: hebb.Tensor[]): hebb.Tensor[] => tensorsIn(run(...given));
  const reason = refused[title] ?? refused[name];
  if (reason === undefined) await expectSameValues(model, inputs);
  else await expect(expectSameValues(model, inputs)).rejects.toThrow(reason);
});

it.each(calls.filter(({ name }) => readers.has(name)))(
  '$title gives no tensors of a graph',
  async ({ run, inputs }) => {
    const result = run(...inputs);
    expect(tensorsIn(result)).toEqual([]);
    if (result instanceof Promise) await result.catch(() => undefined); // a file that onnxruntime is missing for
  },
);
