/** Before each test file: what a process of its own would begin with, whatever the files before it left. Random numbers are the same in each run. */
import { afterAll, beforeEach, vi } from 'vitest';
import { manualSeed, setDevice } from '../../../packages/tensor/src/index.ts';
import { distinguishTensors } from './equality.ts';
import { pauseBetweenQuestions } from './patience.ts';

const environment = { ...process.env };
const folder = process.cwd();
const seed = 20_240_229;

distinguishTensors();
pauseBetweenQuestions();
setDevice('auto');
manualSeed(seed);
// A test draws the same whether it runs alone or after others.
beforeEach(() => manualSeed(seed));

afterAll(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
  if (process.cwd() !== folder) process.chdir(folder);
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
});
