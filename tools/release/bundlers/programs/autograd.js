import { grad } from '@hebb/autograd';
import { tensor } from '@hebb/tensor';
import { prove } from './prove.js';

void prove({
  async compute() {
    const cubes = (x) => x.pow(3).sum();
    return await grad(cubes)(tensor([1, 2])).toArray();
  },
  expected: [3, 12],
  misuse() {
    grad((x) => x.mul(2))(tensor([1, 2]));
  },
  message: /scalar|single|one number/,
});
