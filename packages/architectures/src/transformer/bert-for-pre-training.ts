import { attentionWeights, LayerNorm, Linear, Module, parameter } from '@hebb/layers';
import { zeros, type Tensor } from '@hebb/tensor';
import { between, checkOptions, requireBoolean, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { BertBody, bertOptions, eps, initializeBert, publishedBert, publishedSizes, type BertOptions, type BertSizes } from './bert.ts'; // prettier-ignore
import { requireDivides } from './checks.ts';
import { readPretrained, type PretrainedFiles } from './pretrained/files.ts';
import { loadPublished } from './pretrained/load.ts';

export interface BertForPreTrainingOptions extends Omit<BertOptions, 'classes'> {
  /** Whether it says, too, if the second segment follows the first. Default true. */
  nextSentence?: boolean;
}

const { classes: _, ...bodyOptions } = bertOptions;
const preTrainingOptions: OptionNames<BertForPreTrainingOptions> = { ...bodyOptions, nextSentence: requireBoolean };

export interface BertPredictions {
  /** [batch, length, vocabulary]: which token is in each place. */
  readonly predictions: Tensor;
  /** [batch, 2]: the second segment follows the first, or it does not. Where `nextSentence` is. */
  readonly relationship?: Tensor;
}

class BertTransform extends Module {
  static override readonly type: string = 'BertTransform';

  readonly dense: Linear;
  readonly LayerNorm: LayerNorm;

  constructor(width: number) {
    super();
    this.dense = new Linear(width, width);
    this.LayerNorm = new LayerNorm(width, { eps });
  }

  forward(x: Tensor): Tensor {
    return this.LayerNorm.forward(this.dense.forward(x).gelu());
  }
}

/** Which token is in a place: products with the embeddings of all, and a bias. */
class BertPredictionHead extends Module {
  static override readonly type: string = 'BertPredictionHead';

  readonly bias: Tensor;
  readonly transform: BertTransform;
  readonly decoder: Linear;

  constructor({ width, vocabulary }: BertSizes, words: Tensor) {
    super();
    this.bias = parameter(zeros([vocabulary]));
    this.transform = new BertTransform(width);
    this.decoder = new Linear(width, vocabulary);
    this.decoder.weight = words;
    this.decoder.bias = this.bias;
  }

  forward(x: Tensor): Tensor {
    return this.decoder.forward(this.transform.forward(x));
  }
}

class BertHeads extends Module<[x: Tensor, pooled?: Tensor], BertPredictions> {
  static override readonly type: string = 'BertHeads';

  readonly predictions: BertPredictionHead;
  readonly seq_relationship: Linear | undefined;

  constructor(sizes: BertSizes, words: Tensor, nextSentence: boolean) {
    super();
    this.predictions = new BertPredictionHead(sizes, words);
    this.seq_relationship = nextSentence ? new Linear(sizes.width, 2) : undefined;
  }

  forward(x: Tensor, pooled?: Tensor): BertPredictions {
    const predictions = this.predictions.forward(x);
    if (this.seq_relationship === undefined || pooled === undefined) return { predictions };
    return { predictions, relationship: this.seq_relationship.forward(pooled) };
  }
}

/**
 * BERT with the heads that it is trained with first (Devlin et al. 2019, arXiv:1810.04805): which tokens were hidden or exchanged (masked language model), and whether the second segment follows the first (`nextSentence`). The body is that of
 * {@link Bert}; the first head is linear, GELU, normalisation, and products with the embeddings of tokens and a bias; the second is linear behind the `pooler`.
 *
 * Shape: int32[batch, length] with length ≤ contextLength → `predictions` float32[batch, length, vocabulary], `relationship` float32[batch, 2] (0: it follows). Masks, lengths and segments as {@link Bert} takes them.
 *
 * Parameters have the names, order and shapes of Hugging Face's BertForPreTraining, without `nextSentence` of BertForMaskedLM: `bert.embeddings.word_embeddings.weight`, …, `cls.predictions.bias`, `cls.predictions.transform.dense.weight`, …,
 * `cls.predictions.decoder.weight`, which is that of the embeddings, `cls.seq_relationship.weight`, … At first matrices are normal with deviation 0.02 and biases 0.
 *
 * Throws as {@link Bert}.
 *
 * ```ts
 * const model = new BertForPreTraining({ vocabulary: 100, contextLength: 32, width: 16, layers: 2, heads: 4 }).eval();
 * const { predictions, relationship } = model.forward(zeros([4, 10], { dtype: 'int32' }));
 * [predictions.shape, relationship?.shape];  // [[4, 10, 100], [4, 2]]
 * ```
 */
export class BertForPreTraining extends Module<[ids: Tensor, mask?: Tensor, segments?: Tensor], BertPredictions> {
  static override readonly type: string = 'BertForPreTraining';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<Required<BertForPreTrainingOptions>>;
  readonly bert: BertBody;
  readonly cls: BertHeads;

  constructor(options: BertForPreTrainingOptions = {}) {
    super();
    requireOptions('BertForPreTraining', options, preTrainingOptions);
    const { vocabulary = 30522, contextLength = 512, segments = 2, width = 768, layers = 12, heads = 12 } = options;
    const { dropout = 0.1, hidden = 4 * width, nextSentence = true } = options;
    requireDivides('BertForPreTraining', ['heads', heads], ['width', width]);
    this.options = { vocabulary, contextLength, segments, width, layers, heads, hidden, dropout, nextSentence };
    this.bert = new BertBody('BertForPreTraining', this.options, nextSentence);
    this.cls = new BertHeads(this.options, this.bert.embeddings.word_embeddings.weight, nextSentence);
    initializeBert(this);
  }

  /**
   * Reads a model as its publisher has it on the Hugging Face Hub (`bert-base-uncased`, …), as {@link Bert.fromPretrained} does. `nextSentence` is whether the file has `cls.seq_relationship.weight`.
   *
   * @param options - `dropout`, default that of the file.
   *
   * Throws as {@link Bert.fromPretrained}.
   *
   * ```ts
   * const small = new BertForPreTraining({ vocabulary: 100, contextLength: 32, width: 16, layers: 2, heads: 4, nextSentence: false });
   * const config = { model_type: 'bert', vocab_size: 100, max_position_embeddings: 32, hidden_size: 16, intermediate_size: 64, num_hidden_layers: 2, num_attention_heads: 4 };
   * await writeFile('masked/config.json', JSON.stringify(config), { makeFolder: true });
   * await writeSafetensors('masked/model.safetensors', small.stateDict());
   * (await BertForPreTraining.fromPretrained('masked')).options.nextSentence;  // false
   * ```
   */
  static async fromPretrained(files: PretrainedFiles, options: { dropout?: number } = {}): Promise<BertForPreTraining> {
    const where = 'BertForPreTraining.fromPretrained';
    checkOptions(where, options, { dropout: between(0, 1) });
    const { config, state } = await readPretrained(where, files);
    const nextSentence = state.has('cls.seq_relationship.weight');
    const model = new BertForPreTraining({ ...publishedSizes(where, config, options.dropout), nextSentence });
    return (
      await loadPublished(where, model, state, {
        ...publishedBert,
        // Some have a pooler that no head asks for.
        ...(nextSentence ? {} : { unused: /^bert\.pooler\./ }),
      })
    ).eval();
  }

  forward(ids: Tensor, mask?: Tensor, segments?: Tensor): BertPredictions {
    const x = this.bert.forward(ids, mask, segments);
    return this.cls.forward(x, this.options.nextSentence ? this.bert.pool(x) : undefined);
  }

  /** What each token looks at, layer by layer: each [batch, heads, length, length], as {@link attentionWeights} finds them. */
  attentionWeights(ids: Tensor, mask?: Tensor, segments?: Tensor): Tensor[] {
    return [...attentionWeights(this, () => this.forward(ids, mask, segments)).values()];
  }
}
