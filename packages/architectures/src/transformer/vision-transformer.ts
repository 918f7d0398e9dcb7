import { attentionWeights, Conv2d, Dropout, GELU, LayerNorm, Linear, Module, ModuleDict, MultiheadAttention, normal, parameter, Sequential, xavierUniform } from '@hebb/layers'; // prettier-ignore
import { assign, concat, truncatedNormal, zeros, type Tensor } from '@hebb/tensor';
import { between, requireOptions, type OptionNames } from '@hebb/tensor/arguments';
import { requireImages, size } from '../convolutional/checks.ts';
import { depth, requireDivides } from './checks.ts';

export interface VisionTransformerOptions {
  /** Number of classes: the logits. Default 1000. */
  classes?: number;
  /** Height and width of the images. Default 224. */
  imageSize?: number;
  /** Height and width of a patch, which divide those of the images. Default 16. */
  patchSize?: number;
  /** Channels of the images. Default 3. */
  channels?: number;
  /** Features of a patch. Default 768. */
  width?: number;
  /** Number of blocks. Default 12. */
  layers?: number;
  /** Heads of attention, which divide the width. Default 12. */
  heads?: number;
  /** Features in the middle of the feed-forward blocks. Default 4 · width. */
  hidden?: number;
  /** Probability of the dropouts: behind the embeddings and of what each block adds. Default 0. */
  dropout?: number;
}

const visionOptions: OptionNames<VisionTransformerOptions> = {
  classes: size,
  imageSize: size,
  patchSize: size,
  channels: size,
  width: size,
  layers: depth,
  heads: size,
  hidden: size,
  dropout: between(0, 1),
};

type Sizes = Required<VisionTransformerOptions>;

const norm = (width: number): LayerNorm => new LayerNorm(width, { eps: 1e-6 });

class VisionTransformerBlock extends Module {
  static override readonly type: string = 'VisionTransformerBlock';

  readonly ln_1: LayerNorm;
  readonly self_attention: MultiheadAttention;
  readonly dropout: Dropout;
  readonly ln_2: LayerNorm;
  readonly mlp: Sequential;

  constructor({ width, heads, hidden, dropout }: Sizes) {
    super();
    this.ln_1 = norm(width);
    this.self_attention = new MultiheadAttention(width, heads, { batchFirst: true });
    this.dropout = new Dropout(dropout);
    this.ln_2 = norm(width);
    const layers = [new Linear(width, hidden), new Linear(hidden, width)] as const;
    for (const { weight, bias } of layers) {
      assign(weight, xavierUniform(weight.shape));
      if (bias !== undefined) assign(bias, normal(bias.shape, { std: 1e-6 }));
    }
    this.mlp = new Sequential(layers[0], new GELU(), new Dropout(dropout), layers[1], new Dropout(dropout));
  }

  forward(x: Tensor): Tensor {
    const y = x.add(this.dropout.forward(this.self_attention.forward(this.ln_1.forward(x)).output));
    return y.add(this.mlp.forward(this.ln_2.forward(y)));
  }
}

class VisionTransformerEncoder extends Module {
  static override readonly type: string = 'VisionTransformerEncoder';

  readonly pos_embedding: Tensor;
  readonly dropout: Dropout;
  readonly layers: ModuleDict<Record<string, VisionTransformerBlock>>;
  readonly ln: LayerNorm;

  constructor(patches: number, sizes: Sizes) {
    super();
    this.pos_embedding = parameter(normal([1, 1 + patches, sizes.width], { std: 0.02 }));
    this.dropout = new Dropout(sizes.dropout);
    const blocks = Array.from(
      { length: sizes.layers },
      (_, i) => [`encoder_layer_${i}`, new VisionTransformerBlock(sizes)] as const,
    );
    this.layers = new ModuleDict(Object.fromEntries(blocks));
    this.ln = norm(sizes.width);
  }

  forward(x: Tensor): Tensor {
    const begin = this.dropout.forward(x.add(this.pos_embedding));
    return this.ln.forward(Object.values(this.layers.modules).reduce((y, block) => block.forward(y), begin));
  }
}

/**
 * Vision transformer (Dosovitskiy et al. 2021, arXiv:2010.11929): an image is cut into patches, each of which becomes a vector by one linear map (`conv_proj`, a convolution whose stride is its size). A learned vector in front stands for the whole;
 * learned positions are added; encoder blocks follow, which normalise what they take; what the first vector has become says the class. The defaults are ViT-B/16.
 *
 * Shape: float32[batch, channels, imageSize, imageSize] → logits float32[batch, classes]. Parameters have torchvision's names, order and shapes: `class_token`, `conv_proj.weight`, `encoder.pos_embedding`,
 * `encoder.layers.encoder_layer_0.ln_1.weight`, `encoder.layers.encoder_layer_0.self_attention.in_proj_weight`, `encoder.layers.encoder_layer_0.mlp.0.weight`, …, `heads.head.bias`. Its first files call `mlp.0` and `mlp.3` `mlp.linear_1` and
 * `mlp.linear_2`. At first as there: the head gives 0.
 *
 * Throws `ArgumentError` for options out of range, where heads do not divide the width, and where patches do not fill the image; `ShapeError` for images of other sizes.
 *
 * ```ts
 * const model = new VisionTransformer({ imageSize: 8, patchSize: 2, channels: 1, width: 16, layers: 2, heads: 4, classes: 10 }).eval();
 * model.forward(zeros([3, 1, 8, 8])).shape;  // [3, 10]
 * // The first row is what the class looks at: of itself and 16 patches.
 * model.attentionWeights(zeros([3, 1, 8, 8]))[0]?.shape;  // [3, 4, 17, 17]
 * ```
 */
export class VisionTransformer extends Module {
  static override readonly type: string = 'VisionTransformer';
  static override readonly positional: readonly string[] = ['options'];

  readonly options: Readonly<Required<VisionTransformerOptions>>;
  readonly class_token: Tensor;
  readonly conv_proj: Conv2d;
  readonly encoder: VisionTransformerEncoder;
  readonly heads: ModuleDict<{ readonly head: Linear }>;

  constructor(options: VisionTransformerOptions = {}) {
    super();
    requireOptions('VisionTransformer', options, visionOptions);
    const { classes = 1000, imageSize = 224, patchSize = 16, channels = 3, width = 768 } = options;
    const { layers = 12, heads = 12, hidden = 4 * width, dropout = 0 } = options;
    requireDivides('VisionTransformer', ['heads', heads], ['width', width]);
    requireDivides('VisionTransformer', ['patchSize', patchSize], ['imageSize', imageSize]);
    this.options = { classes, imageSize, patchSize, channels, width, layers, heads, hidden, dropout };
    this.class_token = parameter(zeros([1, 1, width]));
    this.conv_proj = new Conv2d(channels, width, patchSize, { stride: patchSize });
    const { weight, bias } = this.conv_proj;
    assign(weight, truncatedNormal(weight.shape, { std: Math.sqrt(1 / (channels * patchSize ** 2)) }));
    if (bias !== undefined) assign(bias, zeros(bias.shape));
    this.encoder = new VisionTransformerEncoder((imageSize / patchSize) ** 2, this.options);
    const head = new Linear(width, classes);
    for (const value of head.parameters()) assign(value, zeros(value.shape));
    this.heads = new ModuleDict({ head });
  }

  forward(x: Tensor): Tensor {
    const { imageSize, channels, width } = this.options;
    requireImages('VisionTransformer', x, channels, [imageSize, imageSize]);
    const [batch = 0] = x.shape;
    const patches = this.conv_proj.forward(x).flatten(2).transpose(1, 2);
    const tokens = concat([this.class_token.broadcastTo([batch, 1, width]), patches], 1);
    const whole = this.encoder.forward(tokens).narrow(1, 0, 1).squeeze(1);
    return this.heads.get('head').forward(whole);
  }

  /** What the class and each patch, row by row of the image, look at, layer by layer: each [batch, heads, 1 + patches, 1 + patches], as {@link attentionWeights} finds them. */
  attentionWeights(x: Tensor): Tensor[] {
    return [...attentionWeights(this, () => this.forward(x)).values()];
  }
}
