import { Embedding, Linear, Module, ModuleList } from '@hebb/layers';
import { ArgumentError, assign, concat, ShapeError, zeros, type Tensor } from '@hebb/tensor';
import { requireArray, requireInteger, requireOptions, requireTensor, type Check, type OptionNames } from '@hebb/tensor/arguments'; // prettier-ignore
import { requireActivation, type ActivationName } from '../activation.ts';
import { probability, size, sizes } from './checks.ts';
import { MultilayerPerceptron } from './multilayer-perceptron.ts';

export interface WideAndDeepOptions {
  /** How many values each column of categories has. */
  categories: readonly number[];
  /** Columns of numbers. Default 0. */
  numbers?: number;
  /** Features of the output: one logit per class, say. */
  outputs: number;
  /** Pairs of columns of categories whose combinations the wide part has a weight for each. Default: none. */
  crosses?: readonly (readonly [first: number, second: number])[];
  /** Width of the embedding of each column. Default 32. */
  embedding?: number;
  /** Widths of the deep part's hidden layers. Default [1024, 512, 256]. */
  hidden?: readonly number[];
  /** Of the deep part. Default 'relu'. */
  activation?: ActivationName;
  /** Probability of dropout in the deep part. Default 0. */
  dropout?: number;
}

const pairs: Check = (where, name, value) => {
  requireArray(where, name, value);
  value.forEach((pair, i) => {
    requireArray(where, `${name}[${i}]`, pair);
    requireInteger(where, `the length of ${name}[${i}]`, pair.length, 2, 2);
  });
};

const wideAndDeepOptions: OptionNames<WideAndDeepOptions> = {
  categories: sizes,
  numbers: (where, name, value) => requireInteger(where, name, value, 0),
  outputs: size,
  crosses: pairs,
  embedding: size,
  hidden: sizes,
  activation: requireActivation,
  dropout: probability,
};

/**
 * Wide & deep (Cheng et al. 2016, "Wide & Deep Learning for Recommender Systems", arXiv:1606.07792), for tables with columns of categories and of numbers: the sum of two models, trained together.
 *
 * The wide one is linear: a weight for every category, every combination of two columns in `crosses`, and every number. It learns exceptions by heart. The deep one looks up a vector for every category, an embedding, and gives these and
 * the numbers to a multilayer perceptron: what similar categories have in common holds for combinations that it has never seen.
 *
 * Shape: categories int32[batch, columns], numbers float32[batch, numbers] (none where `numbers` is 0) → float32[batch, outputs]. Numbers are best scaled. Parameters: `wide.0.weight`, … of the columns, `crossed.0.weight`, …, `linear.weight`,
 * `linear.bias` (where there are numbers), `embeddings.0.weight`, …, and `deep.layers.0.weight`, …. The wide weights begin with 0.
 *
 * Throws `ArgumentError` for sizes that are no integers ≥ 1, for crosses of columns that there are not, of a column with itself and of the same two twice, and for a category that its column does not have, where categories are known on the host (computed ones
 * give NaN); `ShapeError` for other inputs.
 *
 * ```ts
 * const model = new WideAndDeep({ categories: [3, 7], numbers: 2, outputs: 1, crosses: [[0, 1]], hidden: [16] });
 * model.forward(zeros([8, 2], { dtype: 'int32' }), zeros([8, 2])).shape;  // [8, 1]
 * ```
 */
export class WideAndDeep extends Module {
  static override readonly type: string = 'WideAndDeep';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<Required<WideAndDeepOptions>>;
  readonly wide: ModuleList<Embedding>;
  readonly crossed: ModuleList<Embedding>;
  readonly linear: Linear | undefined;
  readonly embeddings: ModuleList<Embedding>;
  readonly deep: MultilayerPerceptron;

  constructor(options: WideAndDeepOptions) {
    super();
    requireOptions('WideAndDeep', options, wideAndDeepOptions);
    const { categories, numbers = 0, outputs, crosses = [], embedding = 32, hidden = [1024, 512, 256], activation = 'relu', dropout = 0 } = options; // prettier-ignore
    sizes('WideAndDeep', 'categories', categories);
    size('WideAndDeep', 'outputs', outputs);
    requireInteger('WideAndDeep', 'the length of categories', categories.length, 1);
    crosses.flat().forEach((column) => requireInteger('WideAndDeep', 'a column of crosses', column, 0, categories.length - 1)); // prettier-ignore
    requireDistinct(crosses);
    this.options = { categories, numbers, outputs, crosses, embedding, hidden, activation, dropout };
    const weights = (count: number): Embedding => {
      const table = new Embedding(count, outputs);
      assign(table.weight, zeros([count, outputs]));
      return table;
    };
    this.wide = new ModuleList(categories.map(weights));
    this.crossed = new ModuleList(crosses.map(([a, b]) => weights((categories[a] ?? 0) * (categories[b] ?? 0))));
    this.linear = numbers === 0 ? undefined : new Linear(numbers, outputs);
    this.embeddings = new ModuleList(categories.map((count) => new Embedding(count, embedding)));
    const inputs = categories.length * embedding + numbers;
    this.deep = new MultilayerPerceptron({ inputs, hidden, outputs, activation, dropout });
  }

  forward(categories: Tensor, numbers?: Tensor): Tensor {
    const { options } = this;
    requireColumns('categories', categories, options.categories.length);
    if (options.numbers > 0 || numbers !== undefined) requireColumns('numbers', numbers, options.numbers);
    if (numbers !== undefined && numbers.shape[0] !== categories.shape[0])
      throw new ShapeError(`[WideAndDeep] categories and numbers are of one batch, not ${categories} and ${numbers}.`, {
        hint: 'Row i of both is example i.',
      });
    const columns = options.categories.map((_, i) => categories.narrow(1, i, 1).squeeze(1));
    const column = (i: number): Tensor => columns[i] as Tensor;
    const wide = [
      ...[...this.wide].map((table, i) => table.forward(column(i))),
      ...[...this.crossed].map((table, i) => {
        const [a = 0, b = 0] = options.crosses[i] ?? [];
        return table.forward(
          column(a)
            .mul(options.categories[b] ?? 0)
            .add(column(b)),
        );
      }),
      ...(this.linear === undefined || numbers === undefined ? [] : [this.linear.forward(numbers)]),
    ];
    const read = [
      ...[...this.embeddings].map((table, i) => table.forward(column(i))),
      ...(numbers === undefined ? [] : [numbers]),
    ];
    return wide.reduce((sum, each) => sum.add(each), this.deep.forward(concat(read, 1)));
  }
}

/** Throws `ArgumentError` where a column is crossed with itself, or two columns twice. */
function requireDistinct(crosses: readonly (readonly [number, number])[]): void {
  const before = new Map<string, number>();
  crosses.forEach(([a, b], i) => {
    if (a === b)
      throw new ArgumentError(
        `[WideAndDeep] crosses[${i}] is of column ${a} with itself, which says no more than the column.`,
        {
          hint: 'Name two columns.',
        },
      );
    const pair = [Math.min(a, b), Math.max(a, b)].join();
    const first = before.get(pair);
    if (first !== undefined)
      throw new ArgumentError(
        `[WideAndDeep] crosses[${i}] is of the columns ${a} and ${b}, and so is crosses[${first}].`,
        {
          hint: 'Name each pair once, in either order.',
        },
      );
    before.set(pair, i);
  });
}

function requireColumns(what: string, x: Tensor | undefined, columns: number): void {
  requireTensor('WideAndDeep', what, x);
  if (x.ndim !== 2 || x.shape[1] !== columns)
    throw new ShapeError(`[WideAndDeep] takes ${what} [batch, ${columns}], not ${x}.`);
}
