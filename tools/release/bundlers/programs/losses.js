import { meanSquaredError } from '@hebb/losses';
import { tensor } from '@hebb/tensor';
import { prove } from './prove.js';

void prove({
  compute: () => meanSquaredError(tensor([1, 2]), tensor([1, 4])).item(),
  expected: 2,
  misuse() {
    meanSquaredError(tensor([1, 2]), tensor([1, 2, 3]));
  },
  message: /meanSquaredError|mseLoss/,
});
