/** What the report shows beside the figures: the words that mattered. */
import { tensor, type ByteLevelBPE, type ClassificationEvaluation, type Passage, type Section } from 'hebb';
import type { Reader } from './model.ts';
import { encode, readLength, type Texts } from './texts.ts';

export interface Word {
  readonly text: string;
  readonly weight: number;
}

/** Words with what the network gave to all of their tokens. */
export function wordsOf(tokenizer: ByteLevelBPE, text: string, weights: ArrayLike<number>): Word[] {
  const { ids, offsets } = tokenizer.encodeWithOffsets(text, { parseSpecialTokens: false });
  const words: Word[] = [];
  let begin = 0;
  for (let i = 0; i < Math.min(ids.length, weights.length); i++) {
    const start = offsets[2 * i] ?? 0;
    const end = offsets[2 * i + 1] ?? 0;
    const last = words.at(-1);
    // A token that begins with a space begins a word.
    if (last === undefined || /\s/.test(text.charAt(start))) {
      begin = start;
      words.push({ text: text.slice(start, end).trim(), weight: weights[i] ?? 0 });
    } else {
      words[words.length - 1] = { text: text.slice(begin, end).trim(), weight: last.weight + (weights[i] ?? 0) };
    }
  }
  return words.filter((word) => word.text !== '');
}

/** The words with a space between each two, which weighs nothing. */
export function spaced(words: readonly Word[]): { readonly tokens: string[]; readonly weights: number[] } {
  const pieces = words.flatMap((word, i) => (i === 0 ? [word] : [{ text: ' ', weight: 0 }, word]));
  return { tokens: pieces.map(({ text }) => text), weights: pieces.map(({ weight }) => weight) };
}

/** The texts where the network is surest, rightly and wrongly, with the words that mattered. */
export async function attentionSections(
  model: Reader,
  tokenizer: ByteLevelBPE,
  texts: Texts,
  evaluation: ClassificationEvaluation,
): Promise<Section[]> {
  const { labels, predictions, confidences } = evaluation;
  const bySurety = Array.from(labels.keys()).sort((a, b) => (confidences[b] ?? 0) - (confidences[a] ?? 0));
  const isRight = (i: number): boolean => labels[i] === predictions[i];
  const sections: Section[] = [];
  for (const [title, text, chosen] of [
    [
      'What it read',
      'The surest sentences of each class.',
      texts.classNames.flatMap((_, label) => bySurety.filter((i) => isRight(i) && labels[i] === label).slice(0, 5)),
    ],
    ['The worst mistakes', 'Where it was surest, and wrong.', bySurety.filter((i) => !isRight(i)).slice(0, 12)],
  ] as const) {
    const passages: Passage[] = [];
    for (const i of chosen) {
      const sample = texts.test[i];
      if (sample === undefined) continue;
      const { data, shape } = encode(tokenizer, [sample], readLength).field('x');
      const weights = await model
        .eval()
        .attention(tensor(data, { shape: [1, ...shape.slice(1)] }))
        .data();
      const taken = texts.classNames[predictions[i] === 1 ? 1 : 0];
      passages.push({
        caption: [
          { label: 'taken for', value: taken, tone: isRight(i) ? 'right' : 'wrong' },
          { label: 'sure', value: `${(100 * (confidences[i] ?? 0)).toFixed(1)} %`, tone: 'quiet' },
        ],
        ...spaced(wordsOf(tokenizer, sample.text, weights)),
      });
    }
    if (passages.length === 0) continue;
    sections.push({
      kind: 'passage',
      title,
      text: `${text} The darker a word, the larger its share of the mean that is classified.`,
      passages,
    });
  }
  return sections;
}
