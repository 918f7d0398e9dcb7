/** Losses and their gradients, with respect to every argument that has one, against PyTorch's or their paper's (tools/golden/loss_functions.py). */
import * as losses from '@hebb/losses';
import { testAgainstPyTorch } from '../../../autograd/test/support/pytorch.ts';

for (const file of ['functions', 'extremes']) {
  const url = new URL(`../../../losses/test/golden/${file}.json`, import.meta.url);
  testAgainstPyTorch(url, { own: losses, tolerance: 1e-5, together: true });
}
