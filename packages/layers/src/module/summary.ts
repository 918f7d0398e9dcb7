/** What a model looks like from the outside: its layers, their output shapes and sizes, and what they cost, without computing anything. */
import { ArgumentError, dryRun, HebbError, Tensor, type DType } from '@hebb/tensor';
import { checkOptions, requireBoolean, requireInteger, requirePlain, type OptionNames } from '@hebb/tensor/arguments';
import { bytesOf, placeholder, recordCosts, type Cost, type Costs } from '@hebb/tensor/costs';
import { runningModules } from './forward.ts';
import { adviseInputs, callWith, extentsOf, readInputs, zerosFor, type InputSpec, type ModelInputs } from './inputs.ts';
import { observeForwards, type ForwardCall } from './observe.ts';
import { withMode } from './modes.ts';
import { entriesOf } from './members.ts';
import { requireModule, type AnyModule } from './module.ts';
import { recordSteps, type RecordedStep } from './steps.ts';
import { formatSummary } from './summary-table.ts';

export interface SummaryOptions {
  /** Of the input. Default float32. */
  dtype?: DType;
  /** The extents that names stand for where FLOPs and memory are counted: `{ batch: 32 }`. Default: 1 for the name of a first axis, 64 for every other, or the first of 8, 4 and 2 where the model refuses 64. */
  sizes?: Readonly<Record<string, number>>;
  /** Whether to record the model in training mode: dropout's masks and the statistics of a batch are part of what it costs then. Default: false. */
  training?: boolean;
  /** Columns that the lines of the text take at most, where its numbers leave room for that; what does not fit is cut. Default 100. */
  columns?: number;
}

const summaryOptions: OptionNames<SummaryOptions> = {
  dtype: true,
  sizes: requirePlain,
  training: requireBoolean,
  columns: (where, name, value) => requireInteger(where, name, value, 1),
};

export interface SummaryRow {
  /** Path of the module; '' for the model itself. */
  readonly path: string;
  /** How many modules it lies in. */
  readonly depth: number;
  /** What the module says about itself: `Linear 784 → 10`. */
  readonly description: string;
  /** How often it was called. */
  readonly calls: number;
  /** Output of the module's first call, a single tensor; extents that follow from a named one are written with its name (`batch`, `49·batch`, `height/2`,
   * or `?` where it is not that simple). Undefined: never called. */
  readonly outputShape: readonly (number | string)[] | undefined;
  /** Shapes of all tensors that the call returned, by their place: `''` of a single tensor, `output` and `state` of `{ output, state }`. */
  readonly outputs: ReadonlyMap<string, readonly (number | string)[]>;
  /** Elements of the parameters that the module itself holds, without those that an earlier row counts. */
  readonly parameters: number;
  /** How many of them are frozen: not trained now. */
  readonly frozen: number;
  /** Elements of the parameters that it holds and an earlier row counts: tied weights. */
  readonly tied: number;
  /** Multiplications, each with an addition, of products and convolutions that the module itself computes, in all of its calls. */
  readonly multiplyAdds: number;
  /** Floating-point operations that the module itself computes, in all of its calls; a multiply–add is two. */
  readonly flops: number;
  /** Bytes of the values that the module itself computes and that the gradient reads. */
  readonly activationBytes: number;
}

/** A call of a module, or an operation of the module around it in which what several steps made meets: a residual sum, a concatenation of a skip connection. */
export interface SummaryStep {
  /** Path of the module that is called; undefined: such an operation. */
  readonly path: string | undefined;
  /** How often the module was called before: 0 at its first call. */
  readonly call: number;
  /** `call`, or what meets how: `add`, `concat`, `mul`. */
  readonly operation: string;
  /** Which of the steps of the module around it made what it reads, by their positions; −1 is what that module was given. */
  readonly reads: readonly number[];
  /** Shapes of all tensors that the call returned, by their place. */
  readonly outputs: ReadonlyMap<string, readonly (number | string)[]>;
  /** What the module did in this call, in this order. */
  readonly steps: readonly SummaryStep[];
}

/** Bytes. */
export interface SummaryMemory {
  /** Of all parameters, frozen ones included, tied ones once. */
  readonly parameters: number;
  /** Of all buffers. */
  readonly buffers: number;
  /** Of the values that the gradient with respect to the trainable parameters reads, as the forward pass leaves them. */
  readonly activations: number;
  /** The most that the values of a forward pass without a gradient take at once, the output included. */
  readonly peak: number;
}

export interface Summary {
  /** All modules in the order of `namedModules()`, the model itself first. */
  readonly rows: readonly SummaryRow[];
  /** What the model did: its call, with all calls in it. A loop's body is one step of it. */
  readonly flow: SummaryStep;
  /** Output of the model, where it is a single tensor. */
  readonly outputShape: readonly (number | string)[] | undefined;
  /** Shapes of all tensors that the model returns, by their place. */
  readonly outputs: ReadonlyMap<string, readonly (number | string)[]>;
  /** Elements of all parameters. */
  readonly parameters: number;
  /** How many of them are frozen. */
  readonly frozen: number;
  /** Elements of all buffers. */
  readonly buffers: number;
  /** The extents of named axes at which FLOPs and memory were counted. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Multiply–adds of products and convolutions of one forward pass. */
  readonly multiplyAdds: number;
  /** Floating-point operations of one forward pass; a multiply–add is two. */
  readonly flops: number;
  readonly memory: SummaryMemory;
  /** An aligned table. */
  toString(): string;
}

/** Two values that stand for a name. Nothing of this size is computed. */
interface Stand {
  readonly usual: number;
  readonly varied: number;
}

/** Divisible by 32, so that strides divide them; small ones where a model refuses these, since it has fewer positions. */
const stands: readonly Stand[] = [
  { usual: 64, varied: 96 },
  { usual: 8, varied: 12 },
  { usual: 4, varied: 6 },
  { usual: 2, varied: 3 },
];

/** What `attempt` gives for the first that the model takes. Throws what it throws of the first, where it takes none. */
function firstThatFits<T, R>(tries: readonly T[], attempt: (given: T) => R): R {
  let reason: unknown;
  for (const [i, given] of tries.entries()) {
    try {
      return attempt(given);
    } catch (error) {
      if (i === 0) reason = error;
    }
  }
  throw reason;
}

/** Says of what the model refuses where it came from: nobody said 64, nor perhaps float32. */
function advised<R>(specs: readonly Required<InputSpec>[], names: readonly string[], record: () => R): R {
  try {
    return record();
  } catch (error) {
    const advice = adviseInputs('summary', error, specs);
    if (advice === error && error instanceof HebbError && names.length > 0) {
      const quoted = names.map((name) => `'${name}'`).join(', ');
      const tried = `${quoted} ${names.length === 1 ? 'was' : 'were'} tried as ${stands.map(({ usual }) => usual).join(', ')}, and this is what the model said of ${stands[0]?.usual}; a number in the place of a name is taken as it is.`; // prettier-ignore
      throw error.advise(error.hint === undefined ? tried : `${error.hint} ${tried}`);
    }
    throw advice;
  }
}

/** For each module and each of its calls the shapes of what it returned, by their place. */
type Shapes = ReadonlyMap<AnyModule, readonly ReadonlyMap<string, readonly number[]>[]>;

/**
 * Lists the modules of a model with the shapes of their outputs, their parameters and what they cost. `forward` is recorded in evaluation mode, and nothing is
 * computed: no random number is drawn, no running statistic moves, and modules, modes and hooks stay as they are. A lazy layer has no sizes yet, and is not given any:
 * call `initialize(model, inputs)` first.
 *
 * FLOPs are those of the operations that `forward` recorded, of your own modules and of functions as of layers: a multiply–add of a product or a
 * convolution is two, an elementwise operation one an element, a reduction of n numbers n − 1, each as often as a loop repeats it; movement and integers are none, and of two
 * branches both count. A row has what its module computes itself, without the modules in it, so columns add up; a module called twice
 * counts twice, its parameters once. Published figures are often multiply–adds ("MACs"): `multiplyAdds`.
 *
 * Memory is that of the values, without what a device rounds up. `activations` are the values that the gradients of the recorded operations read, each once, before the
 * compiler computes some of them again: parameters, buffers and the inputs lie there anyway, and views take nothing. `peak` follows one forward pass in the order
 * in which it is recorded: a value takes memory from the pass over memory that makes it to the last that reads it, elementwise work is done in the pass before or after.
 *
 * @param inputs - the shape of the one input, or a list with the shape (or `{ shape, dtype }`) of each; names stand for extents that are free:
 *   `summary(model, ['batch', 1, 28, 28])`.
 *
 * Throws what `forward` throws for such an input, {@link ArgumentError} for `sizes` of names that the inputs do not have, and {@link UninitializedError} for lazy layers.
 *
 * ```ts
 * console.log(summary(new Sequential(new Linear(4, 8), new ReLU(), new Linear(8, 3)), ['batch', 4]).toString());
 * // layer    type          output      parameters  FLOPs
 * // (model)  Sequential    [batch, 3]
 * //   0      Linear 4 → 8  [batch, 8]          40     72
 * //   1      ReLU          [batch, 8]           0      8
 * //   2      Linear 8 → 3  [batch, 3]          27     51
 * // total                  [batch, 3]          67    131
 * // At batch = 1: 131 FLOPs (a multiply–add is two; 56 multiply–adds).
 * // Memory: parameters 268 bytes, for the gradient 32 bytes, at most 44 bytes in a forward pass.
 * ```
 */
export function summary(model: AnyModule, inputs: ModelInputs, options: SummaryOptions = {}): Summary {
  requireModule('summary', 'the model', model);
  checkOptions('summary', options, summaryOptions);
  const { training = false, columns = 100 } = options;
  const specs = readInputs('summary', inputs, options.dtype);
  const names = [...new Set(specs.flatMap(({ shape }) => shape).filter((extent) => typeof extent === 'string'))];
  requireSizes(options.sizes ?? {}, names);
  // Two values for each name: what an output's extent has to do with the name follows from them.
  const { stand, base, variants } = advised(specs, names, () =>
    firstThatFits(stands, (stand) => {
      const record = (changed?: string): Recorded =>
        recordShapes(model, training, () => zerosFor(specs, (name) => (name === changed ? stand.varied : stand.usual)));
      return { stand, base: record(), variants: names.map((name) => [name, record(name)] as const) };
    }),
  );
  const outputsOf = (module: AnyModule, call = 0): Pick<SummaryRow, 'outputs' | 'outputShape'> => {
    const outputs = new Map(
      [...(base.shapes.get(module)?.[call] ?? [])].map(([place, shape]) => [
        place,
        shape.map((extent, axis) =>
          nameOf(
            extent,
            variants.map(([name, { shapes }]) => [name, shapes.get(module)?.[call]?.get(place)?.[axis] ?? extent]),
            stand,
          ),
        ),
      ]),
    );
    return { outputs, outputShape: outputs.get('') };
  };
  const { sizes, costs } = advised(specs, names, () => costsOf(model, training, specs, options.sizes ?? {}));

  const counted = new Set<Tensor>();
  const depths = new Map<string, number>();
  const rows = [...model.namedModules()].map(([path, module]): SummaryRow => {
    const depth = path === '' ? 0 : 1 + depthAround(path, depths);
    depths.set(path, depth);
    const held = new Set([...module.members()].map(([, member]) => member).filter(isParameter));
    const own = [...held].filter((parameter) => !counted.has(parameter));
    const tied = elementsOf([...held].filter((parameter) => counted.has(parameter))).parameters;
    for (const parameter of own) counted.add(parameter);
    const said = { path, depth, description: module.describe(), calls: base.shapes.get(module)?.length ?? 0 };
    const { multiplyAdds, flops, activationBytes } = costs.of.get(module) ?? free;
    return { ...said, ...outputsOf(module), ...elementsOf(own), tied, multiplyAdds, flops, activationBytes };
  });
  const paths = new Map([...model.namedModules()].map(([path, module]) => [module, path]));
  const stepOf = ({ module, call, operation, reads, steps }: RecordedStep): SummaryStep => ({
    path: module === undefined ? undefined : paths.get(module),
    call,
    operation,
    reads,
    outputs: module === undefined ? new Map<string, (number | string)[]>() : outputsOf(module, call).outputs,
    steps: steps.map(stepOf),
  });
  const total = (of: (row: SummaryRow) => number): number => rows.reduce((sum, row) => sum + of(row), 0);
  const buffers = [...model.namedBuffers().values()];
  const bytes = (tensors: readonly Tensor[]): number => tensors.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
  const result = {
    rows,
    flow: stepOf(base.step ?? { module: model, call: 0, operation: 'call', reads: [-1], steps: [] }),
    ...outputsOf(model),
    ...elementsOf(model.parameters()),
    buffers: elementsOf(buffers).parameters,
    sizes,
    multiplyAdds: total((row) => row.multiplyAdds),
    flops: total((row) => row.flops),
    memory: {
      parameters: bytes(model.parameters()),
      buffers: bytes(buffers),
      activations: total((row) => row.activationBytes),
      peak: costs.peakBytes,
    },
  };
  return { ...result, toString: () => formatSummary(result, columns) };
}

const free: Cost = { multiplyAdds: 0, flops: 0, activationBytes: 0 };

function isParameter(member: Tensor | AnyModule): member is Tensor {
  return member instanceof Tensor && member.requiresGrad;
}

/** The depth of the innermost module around a path. */
function depthAround(path: string, depths: ReadonlyMap<string, number>): number {
  for (let end = path.lastIndexOf('.'); end >= 0; end = path.lastIndexOf('.', end - 1)) {
    const depth = depths.get(path.slice(0, end));
    if (depth !== undefined) return depth;
  }
  return 0;
}

function requireSizes(sizes: Readonly<Record<string, number>>, names: readonly string[]): void {
  for (const [name, size] of Object.entries(sizes)) {
    if (!names.includes(name)) {
      const known = names.length === 0 ? 'the inputs have no names' : `the inputs name ${names.join(', ')}`;
      throw new ArgumentError(`[summary] sizes has '${name}'; ${known}.`, {
        hint: "A name stands in the shape of an input: summary(model, ['batch', 4], { sizes: { batch: 32 } }).",
      });
    }
    requireInteger('summary', `the size of '${name}'`, size, 1);
  }
}

/** What the model costs, by the module that computes it. */
function costsOf(
  model: AnyModule,
  training: boolean,
  specs: readonly Required<InputSpec>[],
  given: Readonly<Record<string, number>>,
): { readonly sizes: Readonly<Record<string, number>>; readonly costs: Costs<AnyModule> } {
  const listed = new Set(model.namedModules().values());
  const owner = (): AnyModule => {
    for (const module of runningModules()) if (listed.has(module)) return module;
    return model;
  };
  const count = ({ first, usual }: { first: number; usual: number }): ReturnType<typeof costsOf> => {
    const sizes: Record<string, number> = {};
    for (const { shape } of specs)
      shape.forEach((extent, axis) => {
        if (typeof extent === 'string') sizes[extent] ??= given[extent] ?? (axis === 0 ? first : usual);
      });
    const call = (): readonly Tensor[] => {
      const inputs = extentsOf(specs, (name) => sizes[name] ?? usual).map(({ shape, dtype }) =>
        placeholder(shape, dtype),
      );
      return tensorsIn(callWith(model, inputs), '').map(([, tensor]) => tensor);
    };
    return { sizes, costs: withMode(model, training, () => recordCosts(call, owner)) };
  };
  // What a model does with 64 it may refuse to do with one, the statistics of a batch say.
  const tries = stands.flatMap(({ usual }) => [
    { first: 1, usual },
    { first: usual, usual },
  ]);
  return firstThatFits(tries, count);
}

/** Number of elements, and how many of them are in frozen parameters. */
function elementsOf(tensors: readonly Tensor[]): { parameters: number; frozen: number } {
  const count = (list: readonly Tensor[]): number => list.reduce((sum, { size }) => sum + size, 0);
  return { parameters: count(tensors), frozen: count(tensors.filter(({ trainable }) => !trainable)) };
}

interface Recorded {
  readonly shapes: Shapes;
  readonly step: RecordedStep | undefined;
}

/** The output shapes of all calls of each module, and what they were made of. */
function recordShapes(model: AnyModule, training: boolean, inputs: () => Tensor[]): Recorded {
  const shapes = new Map<AnyModule, ReadonlyMap<string, readonly number[]>[]>();
  const listener = ({ module, output }: ForwardCall): void => {
    const known = shapes.get(module) ?? [];
    known.push(new Map(tensorsIn(output, '').map(([place, { shape }]) => [place, shape])));
    shapes.set(module, known);
  };
  const step = withMode(model, training, () =>
    observeForwards(model, listener, () => dryRun(() => recordSteps(model, () => void callWith(model, inputs())))),
  );
  return { shapes, step };
}

function tensorsIn(value: unknown, place: string): (readonly [place: string, tensor: Tensor])[] {
  if (value instanceof Tensor) return [[place, value]];
  return [...(entriesOf(value) ?? [])].flatMap(([key, item]) =>
    tensorsIn(item, place === '' ? String(key) : `${place}.${String(key)}`),
  );
}

/** An extent in words, from its value where all names have their usual value and its values where one of them is varied. */
function nameOf(
  extent: number,
  changes: readonly (readonly [name: string, changed: number])[],
  { usual, varied }: Stand,
): number | string {
  const differing = changes.filter(([, changed]) => changed !== extent);
  const [first, ...others] = differing;
  if (first === undefined) return extent;
  const [name, changed] = first;
  if (others.length > 0 || changed * usual !== extent * varied) return '?';
  if (extent === usual) return name;
  if (extent % usual === 0) return `${extent / usual}·${name}`;
  return usual % extent === 0 ? `${name}/${usual / extent}` : '?';
}
