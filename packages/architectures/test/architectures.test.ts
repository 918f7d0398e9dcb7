import { fromConfig, summary, type ModuleConfig } from '@hebb/layers';
import { ArgumentError, randn, setDevice, zeros } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { architectureTypes, convolutionalNetwork, multilayerPerceptron, type ActivationName } from '../src/index.ts';

beforeAll(() => setDevice('reference'));

describe('multilayerPerceptron', () => {
  it('has an activation and dropout behind each hidden layer', () => {
    const model = multilayerPerceptron({ inputs: 4, hidden: [8, 6], outputs: 3, activation: 'tanh', dropout: 0.2 });
    expect([...model.layers].map((layer) => layer.describe())).toEqual([
      'Linear 4 → 8',
      'Tanh',
      'Dropout 0.2',
      'Linear 8 → 6',
      'Tanh',
      'Dropout 0.2',
      'Linear 6 → 3',
    ]);
    expect(model.forward(zeros([5, 4])).shape).toEqual([5, 3]);
    expect([...model.namedParameters().keys()].slice(0, 2)).toEqual(['layers.0.weight', 'layers.0.bias']);
  });

  it('without hidden layers is linear', () => {
    expect(multilayerPerceptron({ inputs: 4, hidden: [], outputs: 3 }).parameterCount).toBe(4 * 3 + 3);
  });

  it('names an activation that does not exist, and sizes that are none', () => {
    expect(() =>
      multilayerPerceptron({ inputs: 4, hidden: [3], outputs: 3, activation: 'swish' as ActivationName }),
    ).toThrow("there is no activation 'swish'; known are relu, gelu");
    expect(() => multilayerPerceptron({ inputs: 0, hidden: [], outputs: 3 })).toThrow(ArgumentError);
  });
});

describe('convolutionalNetwork', () => {
  it('halves the image behind each convolution', () => {
    const model = convolutionalNetwork({ channels: 3, imageSize: [30, 20], classes: 7 });
    const shapes = Object.fromEntries(
      summary(model, ['batch', 3, 30, 20]).rows.map((row) => [row.path, row.outputShape]),
    );
    expect(shapes['features.2']).toEqual(['batch', 16, 15, 10]);
    expect(shapes['features.5']).toEqual(['batch', 32, 7, 5]);
    expect(shapes['classifier.0']).toEqual(['batch', 32 * 7 * 5]);
    expect(shapes['classifier.4']).toEqual(['batch', 7]);
    // 16·27 + 16, 32·144 + 32, 64·1120 + 64, 7·64 + 7
    expect(model.parameterCount).toBe(448 + 4640 + 71744 + 455);
  });

  it('says when images are too small', () => {
    expect(() => convolutionalNetwork({ imageSize: 3, classes: 2 })).toThrow('images of 3 cannot be halved 2 times');
  });
});

it.each([
  multilayerPerceptron({ inputs: 4, hidden: [8], outputs: 3, activation: 'gelu', dropout: 0.1 }),
  convolutionalNetwork({ imageSize: [8, 12], classes: 3, features: [4], hidden: 5 }),
])('$constructor.name is rebuilt from JSON and its state', async (model) => {
  const again = fromConfig(JSON.parse(JSON.stringify(model.config())) as ModuleConfig, architectureTypes);
  expect(again.constructor).toBe(model.constructor);
  again.loadStateDict(model.stateDict());
  const x = randn('layers' in model ? [2, 4] : [2, 1, 8, 12]);
  expect(await again.eval().forward(x).toArray()).toEqual(await model.eval().forward(x).toArray());
});
