/** Convolutional networks. */
import { describe } from 'vitest';
import { ConvolutionalNetwork } from '../src/index.ts';
import { convolutionalTypes } from '../src/convolutional/types.ts';
import { of, walk, x } from './support/walk.ts';

describe('convolutional architectures', () => {
  walk(
    {
      ConvolutionalNetwork: of(
        () => new ConvolutionalNetwork({ imageSize: [4, 6], classes: 3, features: [2], hidden: 4, dropout: 0 }),
        [x(['batch', 1, 4, 6])],
        1,
      ),
    },
    convolutionalTypes,
  );
});
