/**
 * Recurrent layers as ONNX's RNN, LSTM and GRU, one operator for both directions. Its gates stand in another order, and it knows no projections: of a layer
 * with projections the loops are written.
 */
import { readRecurrentInputs, type RecurrentAttributes } from '@hebb/layers/internal';
import type { Emitter, Value } from '../emitter.ts';
import type { Extent } from '../extents.ts';
import type { Site } from '../site.ts';
import { numberOf, optionsOf, type CompositeRule } from './composite-rule.ts';

interface Recurrence {
  readonly opType: 'RNN' | 'LSTM' | 'GRU';
  readonly states: number;
  /** Of each of ONNX's gates the position in PyTorch's. */
  readonly gates: readonly number[];
}

/** What the operators gave, by their inputs and attributes: the results of a layer are one node of the file. */
const written = new WeakMap<Emitter, Map<string, readonly Value[]>>();

const attributesOf = (site: Site<'composite'>): RecurrentAttributes => optionsOf(site) as RecurrentAttributes;

function rule(recurrence: Recurrence): CompositeRule {
  return {
    covers: (site) => {
      const { projection, lengths } = attributesOf(site);
      const floats = site.node.inputs.filter(({ dtype }) => dtype === 'float32').length;
      return !projection && floats === site.node.inputs.length - (lengths ? 1 : 0);
    },
    write: (site) => {
      const { result: _, ...attributes } = optionsOf(site);
      const inputs = site.inputs.map((__, i) => site.full(i));
      const key = JSON.stringify([recurrence.opType, attributes, inputs.map(({ name }) => name)]);
      const known = written.get(site.emitter) ?? new Map<string, readonly Value[]>();
      written.set(site.emitter, known);
      const results = known.get(key) ?? writeLayer(site, recurrence, inputs);
      known.set(key, results);
      return results[numberOf(optionsOf(site), 'result')] as Value;
    },
  };
}

/** Output and last states. */
function writeLayer(site: Site<'composite'>, recurrence: Recurrence, inputs: readonly Value[]): Value[] {
  const { opType, states, gates } = recurrence;
  const { emitter } = site;
  const attributes = attributesOf(site);
  const { directions, hiddenSize, nonlinearity, bias } = attributes;
  const { x, initial, lengths, weights } = readRecurrentInputs(states, attributes, inputs);
  const size = emitter.fixed(hiddenSize);
  const [length, batch] = x.extents as [Extent, Extent];

  /** Weights of one kind, of each direction, as ONNX orders them: [directions, rows, …]. */
  const stacked = (kinds: readonly number[]): Value => {
    const parts = weights.map((list) => {
      const own = kinds.map((kind) => list[kind] as Value);
      const rest = own[0]?.extents.slice(1) ?? [];
      const rows = emitter.fixed(gates.length * hiddenSize * own.length);
      const joined =
        own.length === 1
          ? (own[0] as Value)
          : site.emit('Concat', own, { extents: [rows, ...rest], attributes: { axis: 0 } });
      const order = own.flatMap((_, i) => gates.map((gate) => i * gates.length + gate));
      const ordered = reordered(site, joined, order, hiddenSize);
      return site.emit('Unsqueeze', [ordered, emitter.ints([0])], { extents: [emitter.fixed(1), rows, ...rest] });
    });
    const [first] = parts as [Value];
    if (parts.length === 1) return first;
    return site.emit('Concat', parts, {
      extents: [emitter.fixed(parts.length), ...first.extents.slice(1)],
      attributes: { axis: 0 },
    });
  };
  const given = [
    x.name,
    stacked([0]).name,
    stacked([1]).name,
    bias ? stacked([2, 3]).name : '',
    lengths?.name ?? '',
    ...initial.map(({ name }) => name),
  ];
  while (given.at(-1) === '') given.pop();
  const outputs = emitter.builder.several(
    opType,
    given,
    {
      hidden_size: hiddenSize,
      direction: directions === 2 ? 'bidirectional' : 'forward',
      ...(nonlinearity === 'relu' && { activations: { strings: new Array<string>(directions).fill('Relu') } }),
      ...(opType === 'GRU' && { linear_before_reset: 1 }),
    },
    site.name(opType),
    ['output', 'hidden', 'cell'].slice(0, states + 1).map((name) => site.name(`${opType}/${name}`)),
  );
  const [all = '', ...last] = outputs;
  const ways = emitter.fixed(directions);
  const output = emitter.register({ name: all, dtype: 'float32', extents: [length, ways, batch, size] });
  const sideBySide =
    directions === 1
      ? site.emit('Squeeze', [output, emitter.ints([1])], { extents: [length, batch, size] })
      : site.emit(
          'Reshape',
          [
            site.emit('Transpose', [output], {
              extents: [length, batch, ways, size],
              attributes: { perm: [0, 2, 1, 3] },
            }),
            emitter.ints([0, 0, directions * hiddenSize]),
          ],
          { extents: [length, batch, emitter.fixed(directions * hiddenSize)] },
        );
  return [
    sideBySide,
    ...last.map((name) => emitter.register({ name, dtype: 'float32', extents: [ways, batch, size] })),
  ];
}

/** Blocks of rows in another order. */
function reordered(site: Site<'composite'>, rows: Value, order: readonly number[], size: number): Value {
  if (order.every((block, i) => block === i)) return rows;
  const indices = order.flatMap((block) => Array.from({ length: size }, (_, i) => block * size + i));
  return site.emit('Gather', [rows, site.emitter.ints(indices)], { extents: rows.extents, attributes: { axis: 0 } });
}

/** h′ = tanh(…) or relu: one gate. */
export const rnn: CompositeRule = rule({ opType: 'RNN', states: 1, gates: [0] });

/** ONNX's i, o, f, c are PyTorch's i, f, g, o. */
export const lstm: CompositeRule = rule({ opType: 'LSTM', states: 2, gates: [0, 3, 1, 2] });

/** ONNX's z, r, h are PyTorch's r, z, n. */
export const gru: CompositeRule = rule({ opType: 'GRU', states: 1, gates: [1, 0, 2] });
