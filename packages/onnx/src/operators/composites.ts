/** Composites that are one ONNX operator, by their definitions. What has no rule here is written as what it stands for. */
import { recurrentDefinitions } from '@hebb/layers/internal';
import {
  acoshDefinition,
  adaptiveAverageDefinition,
  adaptiveMaxDefinition,
  attentionDefinition,
  complexTransformDefinition,
  einsumDefinition,
  gridSampleDefinition,
  instanceNormDefinition,
  interpolateDefinition,
  layerNormDefinition,
  localResponseNormDefinition,
  rmsNormDefinition,
  realInverseDefinition,
  realTransformDefinition,
  topPositionsDefinition,
  asinhDefinition,
  atanhDefinition,
  averagePoolDefinition,
  batchNormDefinition,
  convDefinition,
  coshDefinition,
  celuDefinition,
  eluDefinition,
  geluDefinition,
  geluTanhDefinition,
  groupNormDefinition,
  hardsigmoidDefinition,
  hardswishDefinition,
  hardtanhDefinition,
  leakyReluDefinition,
  linearDefinition,
  mishDefinition,
  preluDefinition,
  seluAlpha,
  seluDefinition,
  seluScale,
  softplusDefinition,
  softsignDefinition,
  logSoftmaxDefinition,
  maxPoolDefinition,
  maxPoolIndicesDefinition,
  sinhDefinition,
  softmaxDefinition,
  tanDefinition,
  type CompositeIdentity,
  type Node,
} from '@hebb/tensor/graph';
import type { CompositeAttributes } from '@hebb/tensor';
import type { OperatorAttributes } from '../builder.ts';
import { first, isStatic, type Extent } from '../extents.ts';
import { elementTypes } from '../schema.ts';
import type { Value } from '../emitter.ts';
import type { Site } from '../site.ts';
import { attention } from './attention.ts';
import { listOf, numberOf, optionsOf, type CompositeRule } from './composite-rule.ts';
import { convolve } from './contraction.ts';
import { einsum } from './einsum.ts';
import { complexTransform, realInverse, realTransform } from './fourier.ts';
import { gridSample, resize } from './images.ts';
import { topPositions } from './order.ts';
import { gru, lstm, rnn } from './recurrent.ts';

function activation(opType: string, attributes: OperatorAttributes, since: number): CompositeRule {
  return {
    since,
    covers: (site) => site.node.inputs[0]?.dtype === 'float32',
    write: (site) => site.elementwise(opType, site.inputs, { attributes }),
  };
}

/**
 * `Gelu` from opset 20 on; before, the five operators that runtimes know as one, x / √2 → Erf → + 1 → · x → · ½. They lose digits where 1 + erf cancels,
 * far below 0; the formula of erfc would keep them, with eighty operators that no runtime fuses.
 */
const gelu: CompositeRule = {
  covers: (site) => site.node.inputs[0]?.dtype === 'float32',
  write: (site) => {
    if (site.emitter.opset >= 20) return site.elementwise('Gelu');
    const x = site.input(0);
    const number = (value: number): Value => site.emitter.scalar('float32', value);
    const error = site.elementwise('Erf', [site.elementwise('Div', [x, number(Math.SQRT2)])]);
    const weighted = site.elementwise('Mul', [x, site.elementwise('Add', [error, number(1)])]);
    return site.elementwise('Mul', [weighted, number(0.5)]);
  },
};

/** An operator of one operand with numbers among its attributes, from the composite's options. */
function parametric(
  opType: string,
  since: number,
  attributesOf: (options: CompositeAttributes) => Readonly<Record<string, number>>,
  fits: (options: CompositeAttributes) => boolean = () => true,
): CompositeRule {
  return {
    since,
    covers: (site) => site.node.inputs[0]?.dtype === 'float32' && fits(optionsOf(site)),
    write: (site) => {
      const numbers = Object.entries(attributesOf(optionsOf(site)));
      const attributes = Object.fromEntries(numbers.map(([name, value]) => [name, { float: value }]));
      return site.elementwise(opType, site.inputs, { attributes });
    },
  };
}

const alpha = (options: CompositeAttributes): { alpha: number } => ({ alpha: numberOf(options, 'alpha') });

/** min(max(x, low), high). */
const clip: CompositeRule = {
  since: 11,
  covers: (site) => site.node.inputs[0]?.dtype === 'float32',
  write: (site) => {
    const bounds = [numberOf(optionsOf(site), 'low'), numberOf(optionsOf(site), 'high')];
    const [low, high] = bounds.map((bound) => site.emitter.scalar('float32', bound)) as [Value, Value];
    const x = site.input(0);
    return site.emit('Clip', [x, low, high], { extents: x.extents });
  },
};

const activations: readonly (readonly [CompositeIdentity, CompositeRule])[] = [
  [eluDefinition, parametric('Elu', 6, alpha)],
  [celuDefinition, parametric('Celu', 12, alpha)],
  [seluDefinition, parametric('Selu', 6, () => ({ alpha: seluAlpha, gamma: seluScale }))],
  [leakyReluDefinition, parametric('LeakyRelu', 6, (options) => ({ alpha: numberOf(options, 'slope') }))],
  [preluDefinition, activation('PRelu', {}, 9)],
  [hardtanhDefinition, clip],
  [hardsigmoidDefinition, parametric('HardSigmoid', 6, () => ({ alpha: 1 / 6, beta: 0.5 }))],
  [hardswishDefinition, activation('HardSwish', {}, 14)],
  [mishDefinition, activation('Mish', {}, 18)],
  [softsignDefinition, activation('Softsign', {}, 1)],
  [
    softplusDefinition,
    // Beyond 17 ln(1 + eˣ) is x in float32.
    parametric(
      'Softplus',
      1,
      () => ({}),
      (options) => numberOf(options, 'beta') === 1 && numberOf(options, 'threshold') >= 17,
    ),
  ],
];

function alongAxis(opType: string): CompositeRule {
  return {
    write: (site) => site.emit(opType, [site.full(0)], { attributes: { axis: numberOf(optionsOf(site), 'axis') } }),
  };
}

/** y = x Wᵀ + b. `Gemm` takes matrices; more axes are a `MatMul` with the transposed weight. */
const linear: CompositeRule = {
  covers: (site) => site.node.inputs.every((input) => input.dtype === 'float32') && site.inputExtents(0).length >= 2,
  write: (site) => {
    const [x, weight] = [site.full(0), site.full(1)];
    const bias = site.node.inputs.length > 2 ? site.full(2) : undefined;
    if (x.extents.length === 2) {
      return site.emit('Gemm', bias === undefined ? [x, weight] : [x, weight, bias], { attributes: { transB: 1 } });
    }
    const transposed = site.emit('Transpose', [weight], {
      attributes: { perm: [1, 0] },
      extents: [...weight.extents].reverse(),
    });
    const product = site.emit('MatMul', [x, transposed]);
    return bias === undefined ? product : site.emit('Add', [product, bias]);
  },
};

const convolution: CompositeRule = {
  covers: (site) => site.node.inputs.every((input) => input.dtype === 'float32'),
  write: (site) => {
    const options = optionsOf(site);
    const geometry = {
      stride: [...listOf(options, 'stride')],
      dilation: [...listOf(options, 'dilation')],
      low: [...listOf(options, 'paddingLow')],
      high: [...listOf(options, 'paddingHigh')],
      groups: numberOf(options, 'groups'),
    };
    const bias = site.node.inputs.length > 2 ? site.full(2) : undefined;
    return convolve(site, site.full(0), site.full(1), bias, geometry, site.extents);
  },
};

/** Whether the windows need past the padding what the traces show: where ceil mode adds windows, that depends on the size of an axis. */
function isFixed(site: Site<'composite'>): boolean {
  const options = optionsOf(site);
  const stride = listOf(options, 'stride');
  const spatial = site.inputExtents(0).slice(-stride.length);
  return options['ceilMode'] !== true || spatial.every((extent, axis) => isStatic(extent) || stride[axis] === 1);
}

/**
 * Windows over the spatial axes. What they need past the padding for a last window (ceil mode) is padding too, where no free size decides it; else
 * it is left to the operator, whose `ceil_mode` drops a last window that begins past the input, as PyTorch's does.
 */
function windows(site: Site<'composite'>): OperatorAttributes {
  const options = optionsOf(site);
  const low = listOf(options, 'low');
  const fixed = isFixed(site);
  return {
    kernel_shape: listOf(options, 'kernel'),
    strides: listOf(options, 'stride'),
    pads: [...low, ...(fixed ? listOf(options, 'high') : low)],
    ...(!fixed && { ceil_mode: 1 }),
  };
}

/** ONNX Runtime takes paddings that are shorter than the kernel alone. */
const hasShortPadding = (options: CompositeAttributes): boolean =>
  listOf(options, 'high').every((n, axis) => n < (listOf(options, 'kernel')[axis] ?? 0));

/** Refuses ceil mode along a free size where `reason` keeps the operator from meaning the same: bodies are right for the sizes traced alone. */
function refuseCeilMode(site: Site<'composite'>, reason: string): never {
  return site.fail(
    `ONNX has no ceil mode along a free size ${reason}`,
    'Give the pooled axes fixed sizes, or pool without ceilMode (pad the input before, if the last elements must count).',
  );
}

const maxPool: CompositeRule = {
  sized: ['high'],
  covers: (site) => !isFixed(site) || (site.dtype === 'float32' && hasShortPadding(optionsOf(site))),
  write: (site) => {
    const dilations = listOf(optionsOf(site), 'dilation');
    if (!isFixed(site)) {
      if (site.dtype !== 'float32') refuseCeilMode(site, `for ${site.dtype}`);
      // onnxruntime leaves out a last one that begins in the input.
      if (dilations.some((n) => n > 1)) refuseCeilMode(site, 'that runtimes agree on for dilated windows');
    }
    return site.emit('MaxPool', [site.full(0)], { attributes: { ...windows(site), dilations } });
  },
};

const maxPoolIndices: CompositeRule = {
  sized: ['high'],
  covers: (site) => !isFixed(site),
  write: (site) => refuseCeilMode(site, 'with positions of maxima'),
};

/** Elements past the padding, which never count, are ONNX's where the padding does not count either; without padding it is all the same. */
const averagePool: CompositeRule = {
  sized: ['high', 'beyond'],
  covers: (site) => {
    const options = optionsOf(site);
    return (
      !isFixed(site) ||
      (site.node.inputs[0]?.dtype === 'float32' &&
        numberOf(options, 'divisor') === 0 &&
        (!countsPadding(options) || listOf(options, 'beyond').every((n) => n === 0)) &&
        hasShortPadding(options))
    );
  },
  write: (site) => {
    const options = optionsOf(site);
    if (!isFixed(site)) {
      if (numberOf(options, 'divisor') !== 0) refuseCeilMode(site, 'with a divisor of its own');
      if (countsPadding(options)) refuseCeilMode(site, 'where the padding counts in the mean');
    }
    const x = site.full(0);
    const float =
      x.dtype === 'float32'
        ? x
        : site.emit('Cast', [x], { attributes: { to: elementTypes.float32 }, extents: x.extents });
    const attributes = { ...windows(site), count_include_pad: countsPadding(options) ? 1 : 0 };
    return site.emit('AveragePool', [float], { attributes });
  },
};

function countsPadding(options: CompositeAttributes): boolean {
  return options['countIncludePad'] === true && listOf(options, 'low').some((n) => n > 0);
}

/** ONNX has no windows that follow from a size: a body is written where the pooled axes have fixed ones, and nothing where one is free. */
const adaptivePool: CompositeRule = {
  covers: (site) => {
    const wanted = listOf(optionsOf(site), 'wanted');
    const spatial = site.inputExtents(0).slice(-wanted.length);
    return spatial.some((extent, axis) => wanted[axis] !== 0 && !isStatic(extent));
  },
  write: (site) => {
    const wanted = listOf(optionsOf(site), 'wanted').map((n) => (n === 0 ? 'null' : n));
    return site.fail(
      `ONNX has no operator that pools an axis of a free size to a given one (outputSize [${wanted.join(', ')}])`,
      'Give the pooled axes fixed sizes, pool to one element (outputSize 1, on all axes of a maximum), or use windows of a fixed kernelSize.',
    );
  },
};

/** Evaluation with running statistics: x, weight, bias, mean, variance. */
const batchNorm: CompositeRule = {
  covers: (site) => site.node.inputs.length === 5 && site.inputExtents(0).length >= 2,
  write: (site) => {
    const inputs = [0, 1, 2, 3, 4].map((i) => site.full(i));
    return site.emit('BatchNormalization', inputs, {
      attributes: { epsilon: { float: numberOf(optionsOf(site), 'epsilon') } },
    });
  },
};

/** A normalisation that is one operator. What it asks for and is not there, a weight and perhaps a bias, is written as ones and zeros, where its size is not free. */
function normalization(
  opType: string,
  since: number,
  inputs: number,
  weightExtents: (extents: readonly Extent[], options: CompositeAttributes) => readonly Extent[],
  attributesOf: (options: CompositeAttributes) => OperatorAttributes,
): CompositeRule {
  const extentsOf = (site: Site<'composite'>): readonly Extent[] =>
    weightExtents(site.inputExtents(0), optionsOf(site));
  return {
    since,
    covers: (site) =>
      site.node.inputs.every(({ dtype }) => dtype === 'float32') &&
      (site.node.inputs.length >= inputs || extentsOf(site).every(isStatic)),
    write: (site) => {
      const options = optionsOf(site);
      const epsilon = { float: numberOf(options, 'eps') };
      const values: (Value | string)[] = site.node.inputs.map((_, i) => site.full(i));
      const sizes = extentsOf(site).map(first);
      const size = sizes.reduce((product, n) => product * n, 1);
      for (let i = values.length; i < inputs; i++)
        values.push(site.emitter.builder.constant('float32', sizes, new Array<number>(size).fill(i === 1 ? 1 : 0)));
      return site.emit(opType, values, { attributes: { epsilon, ...attributesOf(options) } });
    },
  };
}

const ofLast = (extents: readonly Extent[], options: CompositeAttributes): readonly Extent[] =>
  extents.slice(-numberOf(options, 'count'));
const ofChannels = (extents: readonly Extent[]): readonly Extent[] => extents.slice(1, 2);
const lastAxes = (options: CompositeAttributes): OperatorAttributes => ({ axis: -numberOf(options, 'count') });

/** Neighbours before a channel are as many as those behind it, as with an odd size; ONNX Runtime takes images alone. */
const localResponse: CompositeRule = {
  covers: (site) =>
    site.node.inputs[0]?.dtype === 'float32' &&
    site.inputExtents(0).length === 4 &&
    numberOf(optionsOf(site), 'size') % 2 === 1,
  write: (site) => {
    const options = optionsOf(site);
    const [alpha, beta, bias] = ['alpha', 'beta', 'k'].map((name) => ({ float: numberOf(options, name) }));
    return site.emit('LRN', [site.full(0)], {
      attributes: { size: numberOf(options, 'size'), alpha, beta, bias } as OperatorAttributes,
    });
  },
};

const normalizations: readonly (readonly [CompositeIdentity, CompositeRule])[] = [
  [layerNormDefinition, normalization('LayerNormalization', 17, 2, ofLast, lastAxes)],
  [rmsNormDefinition, normalization('RMSNormalization', 23, 2, ofLast, lastAxes)],
  [instanceNormDefinition, normalization('InstanceNormalization', 6, 3, ofChannels, () => ({}))],
  [
    groupNormDefinition,
    normalization('GroupNormalization', 21, 3, ofChannels, (options) => ({ num_groups: numberOf(options, 'groups') })),
  ],
  [localResponseNormDefinition, localResponse],
];

/** Whether options are the same, but for the `sized` ones. */
function isSame(a: CompositeAttributes, b: CompositeAttributes, sized: readonly string[] = []): boolean {
  const fixed = (options: CompositeAttributes): string =>
    JSON.stringify(options, (name, value: unknown) => (sized.includes(name) ? undefined : value));
  return fixed(a) === fixed(b);
}

/** The rule of a composite, where it has one that covers this use. */
export function findRule(site: Site<'composite'>): CompositeRule | undefined {
  const { versions } = site.node;
  const { definition, options } = (versions[0] as Node<'composite'>).attributes;
  const rule = definition === undefined ? undefined : composites.get(definition);
  const usable =
    rule !== undefined &&
    site.emitter.opset >= (rule.since ?? 1) &&
    versions.every((version) => isSame(version.attributes.options, options, rule.sized)) &&
    rule.covers?.(site) !== false;
  return usable ? rule : undefined;
}

export const composites: ReadonlyMap<CompositeIdentity, CompositeRule> = new Map<CompositeIdentity, CompositeRule>([
  [linearDefinition, linear],
  [recurrentDefinitions.rnn, rnn],
  [recurrentDefinitions.lstm, lstm],
  [recurrentDefinitions.gru, gru],
  [convDefinition, convolution],
  [maxPoolDefinition, maxPool],
  [maxPoolIndicesDefinition, maxPoolIndices],
  [averagePoolDefinition, averagePool],
  [adaptiveAverageDefinition, adaptivePool],
  [adaptiveMaxDefinition, adaptivePool],
  [batchNormDefinition, batchNorm],
  ...normalizations,
  [softmaxDefinition, alongAxis('Softmax')],
  [logSoftmaxDefinition, alongAxis('LogSoftmax')],
  [tanDefinition, activation('Tan', {}, 7)],
  [sinhDefinition, activation('Sinh', {}, 9)],
  [coshDefinition, activation('Cosh', {}, 9)],
  [asinhDefinition, activation('Asinh', {}, 9)],
  [acoshDefinition, activation('Acosh', {}, 9)],
  [atanhDefinition, activation('Atanh', {}, 9)],
  [geluDefinition, gelu],
  [attentionDefinition, attention],
  [einsumDefinition, einsum],
  [complexTransformDefinition, complexTransform],
  [realTransformDefinition, realTransform],
  [realInverseDefinition, realInverse],
  [interpolateDefinition, resize],
  [gridSampleDefinition, gridSample],
  [topPositionsDefinition, topPositions],
  [geluTanhDefinition, activation('Gelu', { approximate: 'tanh' }, 20)],
  ...activations,
]);
