/** What every class says of options: each error names the class and the option, whatever it would have broken inside. */
import { inspect } from 'node:util';
import { ArgumentError } from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import { architectureTypes, GCN } from '../src/index.ts';

type Options = Readonly<Record<string, unknown>>;
type Class = new (...args: never[]) => unknown;

/** Options without a default, of classes that have such. */
const required: Readonly<Record<string, Options>> = {
  Autoencoder: { inputs: 4 },
  VariationalAutoencoder: { inputs: 4 },
  VectorQuantizer: { codes: 4, codeSize: 2 },
  ConvolutionalNetwork: { imageSize: 8, classes: 2 },
  TemporalConvolutionalNetwork: { inputs: 1, outputs: 1 },
  MultilayerPerceptron: { inputs: 2, hidden: [2], outputs: 2 },
  SelfNormalizingNetwork: { inputs: 2, hidden: [2], outputs: 2 },
  WideAndDeep: { categories: [3], outputs: 2 },
  GCN: { inputs: 2, outputs: 2 },
  GAT: { inputs: 2, outputs: 2 },
  GIN: { inputs: 2, outputs: 2 },
  GraphSAGE: { inputs: 2, outputs: 2 },
  RecurrentClassifier: { vocabulary: 3, classes: 2 },
  RecurrentLanguageModel: { vocabulary: 3 },
  SequenceToSequence: { sourceVocabulary: 3, targetVocabulary: 3 },
  EncoderDecoder: { sourceVocabulary: 3, targetVocabulary: 3 },
};
const ofEncoder = ['GraphClassifier', 'LinkPredictor'];

function make(name: string, options: unknown): unknown {
  const type = architectureTypes[name] as unknown as Class;
  const encoder = (): GCN => new GCN({ inputs: 2, outputs: 2 });
  return new type(...((ofEncoder.includes(name) ? [encoder(), options] : [options]) as never[]));
}

function said(name: string, options: unknown): string | undefined {
  try {
    make(name, options);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(ArgumentError);
    return (error as Error).message;
  }
}

/** All options of a class, which it lists itself. */
const namesOf = (name: string): string[] =>
  (/Options of \w+: (.*)\.$/m.exec(said(name, { ...required[name], zzzzzzzz: 1 }) ?? '')?.[1] ?? '').split(', ');

/** `[Class] option …`, or `[Class: option] …` of what has options of its own. */
const about = (name: string, option: string): RegExp =>
  new RegExp(`^\\[${name}(: ${option}\\]|\\] (the length of )?${option}\\b)`);

describe.each(Object.keys(architectureTypes))('%s', (name) => {
  it('names itself and the option that is missing', () => {
    for (const option of Object.keys(required[name] ?? {})) {
      const { [option]: _, ...others } = required[name] ?? {};
      // Which of the two is missing is not known.
      const found = said(name, others);
      if (option === 'vocabulary' && name === 'RecurrentClassifier')
        expect(found).toMatch(/^\[RecurrentClassifier\] options must be either vocabulary/); // prettier-ignore
      else expect(found).toMatch(about(name, option));
    }
    if (required[name] === undefined && !ofEncoder.includes(name)) expect(make(name, {})).toBeDefined();
  });

  it('names itself and the option of a wrong kind', () => {
    const names = namesOf(name);
    expect(names).toEqual(expect.arrayContaining(Object.keys(required[name] ?? {})));
    for (const option of names)
      for (const wrong of [() => 1, { a: 1 }, 'zzz', -1, NaN, null])
        expect(said(name, { ...required[name], [option]: wrong }), `${option}: ${inspect(wrong)}`).toMatch(about(name, option)); // prettier-ignore
  });
});
