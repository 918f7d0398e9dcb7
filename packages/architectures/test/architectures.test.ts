import { summary } from '@hebb/layers';
import { setDevice } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { ConvolutionalNetwork } from '../src/index.ts';

beforeAll(() => setDevice('reference'));

describe('ConvolutionalNetwork', () => {
  it('halves the image behind each convolution', () => {
    const model = new ConvolutionalNetwork({ channels: 3, imageSize: [30, 20], classes: 7 });
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
    expect(() => new ConvolutionalNetwork({ imageSize: 3, classes: 2 })).toThrow(
      'images of 3 cannot be halved 2 times',
    );
  });
});
