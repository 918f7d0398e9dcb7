/** What a model looks like from the outside: its layers, their output shapes and sizes, without computing anything. */
import { dryRun, Tensor, type DType } from '@hebb/tensor';
import { checkOptions, type OptionNames } from '@hebb/tensor/arguments';
import { callWith, readInputs, zerosFor, type ModelInputs } from './inputs.ts';
import { observeForwards, type ForwardCall } from './observe.ts';
import { withMode } from './modes.ts';
import { entriesOf } from './members.ts';
import { requireModule, type AnyModule } from './module.ts';

export interface SummaryOptions {
  /** Of the input. Default float32. */
  dtype?: DType;
}

const summaryOptions: OptionNames<SummaryOptions> = { dtype: true };

export interface SummaryRow {
  /** Path of the module; '' for the model itself. */
  readonly path: string;
  /** What the module says about itself: `Linear 784 → 10`. */
  readonly description: string;
  /** Output of the module's first call, a single tensor; extents that follow from a named one are written with its name (`batch`, `49·batch`, `height/2`,
   * or `?` where it is not that simple). Undefined: never called. */
  readonly outputShape: readonly (number | string)[] | undefined;
  /** Shapes of all tensors that the call returned, by their place: `''` of a single tensor, `output` and `state` of `{ output, state }`. */
  readonly outputs: ReadonlyMap<string, readonly (number | string)[]>;
  /** Elements of the parameters that the module itself holds. */
  readonly parameters: number;
  /** How many of them are frozen: not trained now. */
  readonly frozen: number;
}

export interface Summary {
  /** All modules that hold no other modules or hold parameters themselves, in the order of `namedModules()`. */
  readonly rows: readonly SummaryRow[];
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
  /** An aligned table. */
  toString(): string;
}

/** Values that stand for a name; divisible by 32, so that strides divide them. Nothing of this size is computed. */
const usual = 64;
const varied = 96;

/** For each module the shapes of what its first call returned, by their place. */
type Shapes = ReadonlyMap<AnyModule, ReadonlyMap<string, readonly number[]>>;

/**
 * Lists the layers of a model. `forward` is recorded in evaluation mode, and nothing is computed: no random number is drawn and no
 * running statistic moves.
 *
 * @param inputs - the shape of the one input, or a list with the shape (or `{ shape, dtype }`) of each; names stand for extents that are free:
 *   `summary(model, ['batch', 1, 28, 28])`.
 *
 * Throws what `forward` throws for such an input.
 *
 * ```ts
 * console.log(summary(new Sequential(new Linear(4, 8), new ReLU(), new Linear(8, 3)), ['batch', 4]).toString());
 * // layer  type          output        parameters
 * // 0      Linear 4 → 8  [batch, 8]            40
 * // 1      ReLU          [batch, 8]             0
 * // 2      Linear 8 → 3  [batch, 3]            27
 * // total                [batch, 3]            67
 * ```
 */
export function summary(model: AnyModule, inputs: ModelInputs, options: SummaryOptions = {}): Summary {
  requireModule('summary', 'the model', model);
  checkOptions('summary', options, summaryOptions);
  const specs = readInputs('summary', inputs, options.dtype);
  const names = [...new Set(specs.flatMap(({ shape }) => shape).filter((extent) => typeof extent === 'string'))];
  // Two values for each name: what an output's extent has to do with the name follows from them.
  const record = (changed?: string): Shapes =>
    recordShapes(model, () => zerosFor(specs, (name) => (name === changed ? varied : usual)));
  const base = record();
  const variants = names.map((name) => [name, record(name)] as const);
  const outputsOf = (module: AnyModule): Pick<SummaryRow, 'outputs' | 'outputShape'> => {
    const outputs = new Map(
      [...(base.get(module) ?? [])].map(([place, shape]) => [
        place,
        shape.map((extent, axis) =>
          nameOf(
            extent,
            variants.map(([name, shapes]) => [name, shapes.get(module)?.get(place)?.[axis] ?? extent]),
          ),
        ),
      ]),
    );
    return { outputs, outputShape: outputs.get('') };
  };

  const counted = new Set<Tensor>();
  const rows: SummaryRow[] = [];
  for (const [path, module] of model.namedModules()) {
    const members = [...module.members()].map(([, member]) => member);
    const own = members.filter(
      (member): member is Tensor => member instanceof Tensor && member.requiresGrad && !counted.has(member),
    );
    for (const tensor of own) counted.add(tensor);
    if (own.length === 0 && members.some((member) => !(member instanceof Tensor))) continue;
    rows.push({ path, description: module.describe(), ...outputsOf(module), ...elementsOf(own) });
  }
  const result = {
    rows,
    ...outputsOf(model),
    ...elementsOf(model.parameters()),
    buffers: elementsOf([...model.namedBuffers().values()]).parameters,
  };
  return { ...result, toString: () => format(result) };
}

/** Number of elements, and how many of them are in frozen parameters. */
function elementsOf(tensors: readonly Tensor[]): { parameters: number; frozen: number } {
  const count = (list: readonly Tensor[]): number => list.reduce((sum, { size }) => sum + size, 0);
  return { parameters: count(tensors), frozen: count(tensors.filter(({ trainable }) => !trainable)) };
}

/** The output shape of each module's first call. */
function recordShapes(model: AnyModule, inputs: () => Tensor[]): Shapes {
  const shapes = new Map<AnyModule, ReadonlyMap<string, readonly number[]>>();
  const listener = ({ module, output }: ForwardCall): void => {
    if (!shapes.has(module)) shapes.set(module, new Map(shapesIn(output, '')));
  };
  withMode(model, false, () => observeForwards(model, listener, () => dryRun(() => void callWith(model, inputs()))));
  return shapes;
}

function shapesIn(value: unknown, place: string): (readonly [place: string, shape: readonly number[]])[] {
  if (value instanceof Tensor) return [[place, value.shape]];
  return [...(entriesOf(value) ?? [])].flatMap(([key, item]) =>
    shapesIn(item, place === '' ? String(key) : `${place}.${String(key)}`),
  );
}

/** An extent in words, from its value where all names have their usual value and its values where one of them is varied. */
function nameOf(extent: number, changes: readonly (readonly [name: string, changed: number])[]): number | string {
  const differing = changes.filter(([, changed]) => changed !== extent);
  const [first, ...others] = differing;
  if (first === undefined) return extent;
  const [name, changed] = first;
  if (others.length > 0 || changed * usual !== extent * varied) return '?';
  if (extent === usual) return name;
  if (extent % usual === 0) return `${extent / usual}·${name}`;
  return usual % extent === 0 ? `${name}/${usual / extent}` : '?';
}

function format({ rows, outputs: total, parameters, frozen, buffers }: Omit<Summary, 'toString'>): string {
  const shape = (outputs: SummaryRow['outputs']): string => {
    const shapes = [...outputs].map(([place, extents]) => `${place === '' ? '' : `${place}: `}[${extents.join(', ')}]`);
    return shapes.join(', ') || '–';
  };
  const count = (n: number): string => n.toLocaleString('en-US');
  const frozenOf = (n: number, of: number): string => (n === 0 ? '' : n === of ? 'frozen' : `${count(n)} frozen`);
  const rest = buffers === 0 ? '' : `and ${count(buffers)} in buffers`;
  const lines = [
    ['layer', 'type', 'output', 'parameters', ''],
    ...rows.map((row) => [
      row.path === '' ? '(model)' : row.path,
      row.description,
      shape(row.outputs),
      count(row.parameters),
      frozenOf(row.frozen, row.parameters),
    ]),
    ['total', rest, shape(total), count(parameters), frozenOf(frozen, parameters)],
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => (column === 3 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
