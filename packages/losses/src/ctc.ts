/** Connectionist temporal classification: the likelihood of a sequence of labels whose places in a longer sequence are not known. */
import {
  composite,
  DTypeError,
  full,
  gather,
  iota,
  pad,
  scan,
  scatterAdd,
  ShapeError,
  tensor,
  where,
  type CompositeDefinition,
  type Tensor,
} from '@hebb/tensor';
import {
  checkOptions,
  requireBoolean,
  requireInteger,
  requireTensor,
  wrongArgument,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { reduce, reductionOptions, roundedAs, type ReductionOptions } from './reduction.ts';

export interface CtcLossOptions extends ReductionOptions {
  /** The class that stands for no label. Default 0. */
  blank?: number;
  /** Whether infinite losses, of targets that are too long for their inputs, and their gradients become 0. Default false. */
  zeroInfinity?: boolean;
}

/** One length for each example: int32 [N], or numbers; of a single example without an axis of examples also one number. */
export type SequenceLengths = Tensor | readonly number[] | number;

const ctcOptions: OptionNames<CtcLossOptions> = {
  ...reductionOptions,
  blank: requireInteger,
  zeroInfinity: requireBoolean,
};

/** The logarithm of probability 0: finite, so that differences of two are no NaN, and lower than anything that is possible. */
const never = -1e30;
/** Whatever is below is impossible. */
const possible = -1e25;

/**
 * The negative log-likelihood of label sequences, summed over all ways in which they may lie in the inputs, with blanks and repetitions between: −ln Σ Π p; PyTorch's `ctc_loss`. Computed in log
 * space by one loop forwards and, for the gradient, one backwards, so that the time is that of inputLength × targetLength.
 *
 * Graves et al., "Connectionist Temporal Classification", 2006.
 *
 * The gradient is PyTorch's: e^logProbabilities − the probability that a step has the class, which is the gradient with respect to the logits where log-probabilities are their
 * {@link logSoftmax}, as they should be. 'mean' divides each loss by the length of its target and takes the mean of these.
 *
 * Shape: logProbabilities [T, N, C] or [T, C]; targets int32 [N, S], of which the first targetLength of each row count, or [S₁ + S₂ + …] one after the other, with lengths given as numbers, or
 * [S] of [T, C]; lengths int32 [N] or N numbers, up to T and S → [] for 'mean' (default) and 'sum', [N] or [] for 'none'. float16 of float16, computed in float32 and rounded once; else float32.
 *
 * Values are on the device, so that a label outside 0 … C − 1, or a length in a tensor that is out of range, cannot throw; it makes the loss NaN. Where no way exists the loss is ∞ and its gradient NaN,
 * or both 0 with `zeroInfinity`.
 *
 * Throws {@link ShapeError}, {@link DTypeError} or {@link ArgumentError} naming what does not fit.
 *
 * ```ts
 * const logProbabilities = full([3, 1, 2], 0.5).log(); // three steps, a blank and one label
 * const target = tensor([[1]], { dtype: 'int32' });
 * await ctcLoss(logProbabilities, target, [3], [1]).item(); // −ln (6/8): 1-- -1- --1 11- -11 111
 * ```
 */
export function ctcLoss(
  logProbabilities: Tensor,
  targets: Tensor,
  inputLengths: SequenceLengths,
  targetLengths: SequenceLengths,
  options: CtcLossOptions = {},
): Tensor {
  requireTensor('ctcLoss', 'logProbabilities', logProbabilities);
  requireTensor('ctcLoss', 'targets', targets);
  checkOptions('ctcLoss', options, ctcOptions);
  const { blank = 0, zeroInfinity = false, reduction = 'mean' } = options;
  if (logProbabilities.ndim !== 2 && logProbabilities.ndim !== 3)
    throw new ShapeError(
      `[ctcLoss] logProbabilities must be [steps, N, classes] or [steps, classes], not ${logProbabilities}.`,
    );
  if (targets.dtype !== 'int32') throw new DTypeError(`[ctcLoss] targets must be int32 class indices, not ${targets}.`);
  const isBatched = logProbabilities.ndim === 3;
  const emissions = (isBatched ? logProbabilities : logProbabilities.unsqueeze(1)).to('float32');
  const [steps = 0, examples = 0, classes = 0] = emissions.shape;
  requireInteger('ctcLoss', 'blank', blank, 0, Math.max(classes - 1, 0));
  const rows = targetRows(targets, targetLengths, isBatched ? examples : undefined);
  const labels = rows.shape[1] ?? 0;
  const lengths = {
    input: lengthsOf('inputLengths', inputLengths, isBatched ? examples : undefined, steps),
    target: lengthsOf('targetLengths', targetLengths, isBatched ? examples : undefined, labels),
  };

  const { losses, factors, isActive, posterior } = alignments(emissions, rows, lengths, blank, zeroInfinity);
  const each = composite(ctcDefinition, {}, [emissions, losses, posterior, isActive, factors]);
  const loss =
    reduction === 'mean'
      ? each.div(lengths.target.maximum(1).to('float32')).mean()
      : reduce(isBatched ? each : each.reshape([]), reduction);
  return roundedAs([logProbabilities], loss);
}

/**
 * The losses [N] of log-probabilities [T, N, C]. What else it is made of they all depend on, and a gradient of the gradient reaches them; the gradient itself goes to the log-probabilities alone.
 */
const ctcDefinition: CompositeDefinition<Record<never, never>> = {
  name: 'ctc',
  body: (_, _emissions, losses) => losses,
  gradient(_, cotangent, _output, emissions, _losses, posterior, isActive, factors) {
    const scale = cotangent.mul(factors).unsqueeze(-1);
    return [where(isActive, emissions.exp().sub(posterior).mul(scale), 0), ...new Array<undefined>(4).fill(undefined)];
  },
};

interface Alignments {
  /** float32 [N]. */
  readonly losses: Tensor;
  /** float32 [N], of the gradients: 1, for impossible targets 0 or NaN. */
  readonly factors: Tensor;
  /** bool [T, N, 1]: whether a step is one of the input. */
  readonly isActive: Tensor;
  /** float32 [T, N, C]: the probability, given the target, that a step has the class. */
  readonly posterior: Tensor;
}

/**
 * Forwards and backwards over states: a blank before each label and one at the end, [N, S + 1], and the labels, [N, S]. A blank is reached from itself and from the label before; a label from
 * itself, from the blank before, and from the label before, unless that is the same.
 */
function alignments(
  emissions: Tensor,
  targets: Tensor,
  lengths: { readonly input: Tensor; readonly target: Tensor },
  blank: number,
  zeroInfinity: boolean,
): Alignments {
  const [steps = 0, examples = 0, classes = 0] = emissions.shape;
  const [, labels = 0] = targets.shape;
  const length = lengths.target.unsqueeze(1);
  const isTarget = iota([labels], 0).less(length);
  const isUnknown = isTarget.and(targets.less(0).or(targets.greaterEqual(classes)));
  // Padding may be anything.
  const classOf = isTarget.and(isUnknown.not()).where(targets, blank);
  const alike = classOf.equal(shifted(classOf, 1, blank)).where(never, 0);
  const isActive = iota([steps, 1], 0).less(lengths.input).unsqueeze(2);
  const places = classOf.unsqueeze(0).broadcastTo([steps, examples, labels]);
  const ofLabels = gather(emissions, 2, places);

  const [last, passed] = scan(
    (alpha, { ofBlank, ofLabel, active }) => {
      // Only differences count, and keep their digits if the largest is 0.
      const offset = largestOf(alpha).maximum(-1e20);
      const [atBlank, atLabel] = [alpha.blanks.sub(offset), alpha.labels.sub(offset)];
      const before = pad(atLabel, [[0, 0], [1, 0]], { value: never }); // prettier-ignore
      const apart = atBlank.sub(before).abs().neg().exp();
      const jump = before.narrow(1, 0, labels).add(alike);
      const advance = atBlank.narrow(1, 0, labels);
      const highest = atLabel.maximum(advance).maximum(jump);
      const [stays, moves, jumps] = [atLabel, advance, jump].map((path) => path.sub(highest).exp()) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      const sum = stays.add(moves).add(jumps);
      const blanks = atBlank.maximum(before).add(apart.add(1).log()).add(ofBlank);
      return [
        {
          blanks: active.where(blanks, alpha.blanks),
          labels: active.where(highest.add(sum.log()).add(ofLabel), alpha.labels),
        },
        {
          offset: active.where(offset, 0),
          // The shares of what a state has that it has from others.
          closed: active.where(before.greater(atBlank).where(1, apart).div(apart.add(1)), 0),
          moved: active.where(moves.div(sum), 0),
          jumped: active.where(jumps.div(sum), 0),
        },
      ];
    },
    {
      blanks: iota([labels + 1], 0)
        .equal(0)
        .where(0, never)
        .broadcastTo([examples, labels + 1]),
      labels: full([examples, labels], never),
    },
    {
      ofBlank: emissions.narrow(2, blank, 1).maximum(never),
      ofLabel: ofLabels.maximum(never),
      active: isActive,
    },
  );

  // It ends in the last label or the blank after it.
  const ends = {
    blanks: iota([labels + 1], 0)
      .equal(length)
      .where(last.blanks, never),
    labels: iota([labels], 0).equal(length.sub(1)).where(last.labels, never),
  };
  const highest = largestOf(ends);
  const [blankMass, labelMass] = [ends.blanks.sub(highest).exp(), ends.labels.sub(highest).exp()];
  const total = blankMass.sum(1, { keepDims: true }).add(labelMass.sum(1, { keepDims: true }));
  const logLikelihood = highest
    .add(total.log())
    .squeeze(1)
    .add(passed.offset.sum([0, 2]));

  const [, spent] = scan(
    (gamma, { closed, moved, jumped }) => {
      const toLabel = gamma.blanks.mul(closed);
      const [toBlank, past] = [gamma.labels.mul(moved), gamma.labels.mul(jumped)];
      return [
        {
          blanks: gamma.blanks.sub(toLabel).add(pad(toBlank, [[0, 0], [0, 1]])), // prettier-ignore
          labels: gamma.labels
            .sub(toBlank)
            .sub(past)
            .add(toLabel.narrow(1, 1, labels))
            .add(shifted(past, -1, 0)),
        },
        { blanks: gamma.blanks.sum(1, { keepDims: true }), labels: gamma.labels },
      ];
    },
    { blanks: blankMass.div(total), labels: labelMass.div(total) },
    { closed: passed.closed, moved: passed.moved, jumped: passed.jumped },
    { reverse: true },
  );
  const ofBlanks = iota([classes], 0).equal(blank).where(spent.blanks, 0);
  const posterior = scatterAdd(ofBlanks, 2, places, spent.labels);

  const { input, target } = lengths;
  const isOutside = input.less(0).or(input.greater(steps)).or(target.less(0)).or(target.greater(labels));
  const invalid = where(isOutside, NaN, 0).add(where(isUnknown, NaN, 0).sum(1));
  const isImpossible = logLikelihood.less(possible);
  return {
    losses: isImpossible.where(zeroInfinity ? 0 : Infinity, logLikelihood.neg()).add(invalid),
    factors: isImpossible.where(zeroInfinity ? 0 : NaN, 1).add(invalid),
    isActive,
    posterior,
  };
}

/** Of blanks [N, S + 1] and labels [N, S] the largest of each row, [N, 1]. */
function largestOf({ blanks, labels }: { readonly blanks: Tensor; readonly labels: Tensor }): Tensor {
  const largest = blanks.max(1, { keepDims: true });
  return labels.size === 0 ? largest : largest.maximum(labels.max(1, { keepDims: true }));
}

/** Columns moved to the right by `count`, or to the left, with `value` in those that become free. */
function shifted(x: Tensor, count: number, value: number): Tensor {
  const [rows = 0, columns = 0] = x.shape;
  if (columns <= Math.abs(count)) return full([rows, columns], value, { dtype: x.dtype });
  return pad(
    x,
    [
      [0, 0],
      [count, -count],
    ],
    { value },
  );
}

/** Lengths as int32 [N]; `examples` is undefined where there is one alone, without an axis. */
function lengthsOf(name: string, given: SequenceLengths, examples: number | undefined, largest: number): Tensor {
  const count = examples ?? 1;
  if (typeof given === 'number' || Array.isArray(given)) {
    const list: readonly unknown[] = typeof given === 'number' ? [given] : given;
    if (list.length !== count || (typeof given === 'number' && examples !== undefined))
      throw wrongArgument('ctcLoss', name, `a length for each of the ${count} examples`, given);
    list.forEach((length, i) => requireInteger('ctcLoss', `${name}[${i}]`, length, 0, largest));
    return tensor(Int32Array.from(list as readonly number[]));
  }
  requireTensor('ctcLoss', name, given);
  if (given.dtype !== 'int32') throw new DTypeError(`[ctcLoss] ${name} must be int32, not ${given}.`);
  const fits = given.shape.join() === String(count) || (examples === undefined && given.ndim === 0);
  if (!fits)
    throw new ShapeError(`[ctcLoss] ${name} must be int32[${count}], a length for each example, not ${given}.`);
  return given.reshape([count]);
}

/** Targets as int32 [N, S]. */
function targetRows(targets: Tensor, lengths: SequenceLengths, examples: number | undefined): Tensor {
  if (examples === undefined) {
    if (targets.ndim === 1) return targets.unsqueeze(0);
    throw new ShapeError(
      `[ctcLoss] targets of logProbabilities [steps, classes] must be int32[labels], not ${targets}.`,
    );
  }
  if (targets.ndim === 2 && targets.shape[0] === examples) return targets;
  if (targets.ndim !== 1)
    throw new ShapeError(
      `[ctcLoss] targets must be int32[${examples}, labels], or int32[all labels] one after the other, not ${targets}.`,
    );
  if (!Array.isArray(lengths) || lengths.length !== examples) {
    throw wrongArgument(
      'ctcLoss',
      'targetLengths',
      `${examples} numbers where targets are one after the other`,
      lengths,
      'Lengths in a tensor are known on the device alone: pad the targets, int32[N, labels].',
    );
  }
  const numbers = lengths as readonly number[];
  numbers.forEach((length, i) => requireInteger('ctcLoss', `targetLengths[${i}]`, length, 0));
  const total = numbers.reduce((sum, length) => sum + length, 0);
  if (total !== targets.size)
    throw new ShapeError(`[ctcLoss] targetLengths sum up to ${total}, but targets are ${targets}.`);
  const longest = Math.max(0, ...numbers);
  if (longest === 0) return full([examples, 0], 0, { dtype: 'int32' });
  let first = 0;
  const places = numbers.flatMap((length) => {
    const row = Array.from({ length: longest }, (_, i) => first + Math.min(i, Math.max(length - 1, 0)));
    first += length;
    return row;
  });
  const inside = places.map((place) => Math.min(place, total - 1));
  return gather(targets, 0, tensor(Int32Array.from(inside))).reshape([examples, longest]);
}
