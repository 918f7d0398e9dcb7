/** Losses and their gradients, with respect to every argument that has one, against PyTorch's or their paper's (tools/golden/loss_functions.py). */
import * as losses from '@hebb/losses';
import { testAgainstPyTorch } from '../../../autograd/test/support/pytorch.ts';

const fileOf = (name: string): URL => new URL(`../../../losses/test/golden/${name}.json`, import.meta.url);
const options = { own: losses, tolerance: 1e-5, together: true };

testAgainstPyTorch(fileOf('functions'), options);
// The shaders are those of the other file, nearly: WebGPU sees those losses in which the functions themselves might overflow.
const onWebGpu = ['binaryCrossEntropyWithLogits', 'sigmoidFocalLoss', 'softMarginLoss', 'ctcLoss'];
testAgainstPyTorch(fileOf('extremes'), { ...options, onWebGpu });
