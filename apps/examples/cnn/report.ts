/** What the report shows beside the figures: what the network looks for, and where it finds it. */
import {
  concat,
  Conv2d,
  relu,
  tensor,
  type ArrayDataset,
  type ImageFields,
  type Module,
  type Section,
  type Tensor,
} from 'hebb';

/** The kernels of the first convolution, and what two convolutions make of one digit. */
export async function lookInside(model: Module, test: ArrayDataset<ImageFields>): Promise<Section[]> {
  const convolutions = [...model.namedModules()].filter(
    (entry): entry is [string, Conv2d] => entry[1] instanceof Conv2d,
  );
  const [first, second] = convolutions;
  if (first === undefined || second === undefined) return [];
  // A hook sees what goes through a layer, whatever the network around it.
  const seen: Tensor[] = [];
  const removals = [first, second].map(([, layer]) =>
    layer.registerForwardHook((_, __, output) => void seen.push(output)),
  );
  const { x } = test.gather([0]);
  model.eval().forward(tensor(x.data, { shape: x.shape }));
  for (const remove of removals) remove();

  const kernels = first[1].weight;
  const largest = await kernels.abs().max().item();
  const sections: Section[] = [
    {
      kind: 'pictures',
      title: 'What the first convolution looks for',
      text: 'Its kernels, each a small picture: where they are white a bright pixel counts for them, where they are black against them. Edges and strokes of some direction are what nearly all networks begin with.',
      images: { data: await kernels.data(), shape: kernels.shape },
      range: [-largest, largest],
      pictures: Array.from({ length: kernels.shape[0] ?? 0 }, (_, i) => ({
        example: i,
        caption: [{ value: String(i), tone: 'quiet' as const }],
      })),
    },
  ];
  for (const [i, maps] of seen.entries()) {
    const [, count = 0, height = 0, width = 0] = maps.shape;
    const largest = await relu(maps).max().item();
    const bright = relu(maps.div(largest)).reshape([count, 1, height, width]);
    // The image itself in front, where it has the same size.
    const isFirst = i === 0 && height === x.shape[2];
    const shown = isFirst ? concat([tensor(x.data, { shape: x.shape }), bright], 0) : bright;
    sections.push({
      kind: 'pictures',
      title: i === 0 ? 'Where it finds it' : 'What the second convolution makes of that',
      text:
        i === 0
          ? 'The first test image, and what each kernel makes of it: bright where it fits.'
          : 'The same, one layer on, from all of the pictures above together: the first sixteen.',
      images: { data: await shown.data(), shape: shown.shape },
      pictures: Array.from({ length: Math.min(shown.shape[0] ?? 0, isFirst ? 17 : 16) }, (_, j) => ({
        example: j,
        caption: [{ value: !isFirst ? String(j) : j === 0 ? 'the image' : String(j - 1), tone: 'quiet' }],
      })),
    });
  }
  return sections;
}
