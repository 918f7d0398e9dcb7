/** What the report shows beside the figures: the weights of the first layer. */
import { Linear, type Module, type Section } from 'hebb';

/** The weights of the neurons of the first layer as pictures; of those with the largest ones. */
export async function neurons(model: Module, height: number, width: number): Promise<Section> {
  const first = [...model.namedModules().values()].find((layer) => layer instanceof Linear) as Linear;
  const [count = 0] = first.weight.shape;
  const data = (await first.weight.data()) as Float32Array;
  const sizes = await first.weight.square().sum(1).data();
  const loudest = Array.from({ length: count }, (_, i) => i)
    .sort((a, b) => (sizes[b] ?? 0) - (sizes[a] ?? 0))
    .slice(0, 48);
  const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return {
    kind: 'pictures',
    title: 'What the first layer looks for',
    text: 'The weights of the neurons with the largest ones, each a picture: white pixels count for the neuron, black ones against it, grey ones do not matter. A convolutional network sees strokes here; a neuron that sees the whole image has learnt parts of digits at their places, and noise where there never is ink.',
    images: { data, shape: [count, 1, height, width] },
    range: [-largest / 2, largest / 2],
    pictures: loudest.map((example) => ({ example, caption: [{ value: String(example), tone: 'quiet' }] })),
  };
}
