/** What the report shows beside the figures. */
import { tensor, type CharacterTokenizer, type GPT2, type Section } from 'hebb';
import { mean } from '../src/statistics.ts';
import { surprises } from '../src/text.ts';

/** What surprised it in the text that it has not seen. */
export async function surprisesOf(model: GPT2, tokenizer: CharacterTokenizer, unseen: Int32Array): Promise<Section> {
  const tokens = unseen.subarray(0, 900);
  const weights = await surprises(model, tokens, model.contextLength / 2);
  return {
    kind: 'passage',
    title: 'What it did not expect',
    text: 'The beginning of the text that it was not shown, each character as dark as it was surprising. Once words are known their first letters are dark, and what follows from them is pale.',
    passages: [{ tokens: Array.from(tokens, (id) => tokenizer.decode([id])), weights: [0, ...weights] }], // prettier-ignore
  };
}

/** As long as the shortest context. */
const sample = 'ROMEO:\nGood night, gentle lady!';

/** Of each layer the head that is most decided. */
export async function attentionOf(model: GPT2, tokenizer: CharacterTokenizer): Promise<Section[]> {
  const ids = tokenizer.encode(sample);
  const names = Array.from(ids, (id) => tokenizer.decode([id]).replace('\n', '⏎').replace(' ', '␣'));
  const layers = model.attentionWeights(tensor(Int32Array.from(ids), { shape: [1, ids.length] }));
  const sections: Section[] = [];
  for (const [layer, weights] of layers.entries()) {
    const heads = (await weights.squeeze(0).toArray()) as number[][][];
    // Σ of squares: 1 where a place looks at one other only.
    const decided = heads.map((rows) => mean(rows.map((row) => row.reduce((sum, weight) => sum + weight * weight, 0))));
    const head = decided.indexOf(Math.max(...decided));
    sections.push({
      kind: 'heatmap',
      title: `Attention, layer ${layer + 1}, head ${head + 1}`,
      ...(layer === 0 && { text: 'Who looks at whom: in a row, the weights with which a character looks back at those before it. Of each layer the head that is most decided.' }), // prettier-ignore
      values: heads[head] ?? [],
      rowLabel: 'looks',
      columnLabel: 'is looked at',
      rowNames: names,
      columnNames: names,
    });
  }
  return sections;
}
