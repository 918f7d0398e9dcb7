import { tensor } from '@hebb/tensor';
import { prove } from './prove.js';

void prove({
  async compute() {
    const a = tensor([
      [1, 2],
      [3, 4],
    ]);
    return await a.matmul(a).add(1).toArray();
  },
  expected: [
    [8, 11],
    [16, 23],
  ],
  misuse() {
    tensor([1, 2]).add(tensor([1, 2, 3]));
  },
  message: /^\[add\]/,
});
