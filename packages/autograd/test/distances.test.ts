/** Distances and similarities of vectors, and their gradients, against PyTorch's (tools/golden/distances.py). */
import { testAgainstPyTorch } from './support/pytorch.ts';

testAgainstPyTorch('distances');
