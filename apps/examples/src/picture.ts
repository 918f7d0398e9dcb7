/** The picture of a network in its README: its layers from above in the order in which they are called, each a bar as wide as what it makes is high and wide. */
import { zeros, type Module, type Tensor } from 'hebb';

/** What only changes the numbers where they are; it stands beside the layer before it. */
const beside = /^(BatchNorm|ReLU|Dropout|Tanh|GELU|LayerNorm)/;
/** Colours of what changes the size, by the beginning of the layer's description. */
const kinds: readonly (readonly [start: RegExp, kind: string])[] = [
  [/^ConvTranspose/, 'up'],
  [/^Conv/, 'convolution'],
  [/Pool/, 'pool'],
  [/^Linear/, 'linear'],
];

interface Step {
  readonly layer: string;
  readonly after: string[];
  readonly shape: readonly number[];
}

/** The layers that hold no others, in the order of their calls for one input of that shape. */
function stepsOf(model: Module, shape: readonly number[]): Step[] {
  const steps: Step[] = [];
  const modules = [...model.namedModules()];
  const removals = modules
    .filter(([path]) => path !== '' && !modules.some(([other]) => other.startsWith(`${path}.`)))
    .map(([, module]) =>
      module.registerForwardHook((_, __, output) => {
        const layer = module.describe();
        const last = steps.at(-1);
        if (beside.test(layer) && last !== undefined) last.after.push(layer.split(' ', 1)[0] ?? '');
        else steps.push({ layer, after: [], shape: (output as Tensor).shape.slice(1) });
      }),
    );
  try {
    model.forward(zeros([1, ...shape]));
  } finally {
    for (const remove of removals) remove();
  }
  return steps;
}

const row = 26;
const widest = 200;

/**
 * An SVG of the network, in light and dark colours.
 *
 * @param shape of one input, without the batch
 */
export function drawModel(model: Module, shape: readonly number[]): string {
  const steps: readonly Step[] = [{ layer: 'the image', after: [], shape }, ...stepsOf(model, shape)];
  const widthOf = ({ shape: [, height = 1] }: Step): number => (Math.log2(height + 1) / Math.log2((shape[1] ?? 1) + 1)) * widest; // prettier-ignore
  const lines = steps.flatMap((step, i) => {
    const [y, width] = [i * row + 8, widthOf(step)];
    const kind = kinds.find(([start]) => start.test(step.layer))?.[1] ?? 'image';
    const after = step.after.length === 0 ? '' : `<tspan class="quiet"> · ${step.after.join(' · ')}</tspan>`;
    return [
      `  <rect class="${kind}" x="${number(110 - width / 2)}" y="${y}" width="${number(width)}" height="${row - 6}" rx="4"/>`,
      `  <text x="230" y="${y + 14}">${escape(step.layer)}${after}</text>`,
      `  <text class="quiet" x="690" y="${y + 14}" text-anchor="end">${step.shape.join(' × ')}</text>`,
    ];
  });
  const height = steps.length * row + 10;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 700 ${height}" role="img" aria-label="The layers of the network, and the size of what each makes">
  <style>
    text { font: 13px system-ui, sans-serif; fill: #1a1c20 }
    .quiet { fill: #5f6773 }
    .image { fill: #b6bcc6 } .convolution { fill: #0d6aad } .pool { fill: #7f8896 } .up { fill: #d96b00 } .linear { fill: #008f68 }
    @media (prefers-color-scheme: dark) { text { fill: #e8eaee } .quiet { fill: #9aa3b0 } .convolution { fill: #4da3e0 } }
  </style>
${lines.join('\n')}
</svg>
`;
}

const number = (value: number): string => String(Math.round(10 * value) / 10);
const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
