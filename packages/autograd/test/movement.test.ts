/** Creation and movement beside PyTorch, with their gradients. */
import { testAgainstPyTorch } from './support/pytorch.ts';

testAgainstPyTorch('movement');
