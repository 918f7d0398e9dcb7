/** What needs files says so where there are none, as in a browser, and what to do instead. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import {
  CharacterTokenizer,
  Checkpoint,
  csv,
  downloadMnist,
  fetchDataset,
  Linear,
  loadCheckpoint,
  loadMnist,
  readPyTorch,
  readSafetensors,
  readSafetensorsMetadata,
  saveCheckpoint,
  saveOnnx,
  tensor,
  writeReport,
  writeSafetensors,
  writeShardedSafetensors,
  type History,
  type Run,
} from '../src/index.ts';

beforeEach(() => {
  vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined);
});
afterEach(() => void vi.restoreAllMocks());

/** What a callback asks of a run at its start. */
const run = { hasValidation: false, goals: {}, metricNames: [] } as unknown as Run;

const history: History = {
  losses: [],
  scalars: {},
  validations: [],
  learningRates: {},
  epochs: [],
  stepsPerEpoch: 1,
  seconds: 0,
  interrupted: false,
};
const sha256 = '0'.repeat(64);

it.each<[string, string, RegExp, () => Promise<unknown>]>([
  ['readPyTorch', 'PyTorchFileError', /pass them: readPyTorch/, () => readPyTorch('a.pt')],
  ['readSafetensors', 'SafetensorsError', /pass them: readSafetensors/, () => readSafetensors('a.safetensors')],
  [
    'readSafetensorsMetadata',
    'SafetensorsError',
    /pass them: readSafetensors/,
    () => readSafetensorsMetadata('a.safetensors'),
  ],
  [
    'writeShardedSafetensors',
    'SafetensorsError',
    /encodeSafetensors\(state\)/,
    () => writeShardedSafetensors('a.safetensors', { a: tensor(1) }),
  ],
  ['writeSafetensors', 'SafetensorsError', /encodeSafetensors\(state\)/, () => writeSafetensors('a', { a: tensor(1) })],
  ['saveOnnx', 'OnnxFileError', /bytes of exportOnnx\(\)/, () => saveOnnx('a.onnx', new Uint8Array(1))],
  ['load', 'TokenizerError', /fromJSON\(\)/, () => CharacterTokenizer.load('tokenizer.json')],
  ['save', 'TokenizerError', /toJSON\(\)/, () => CharacterTokenizer.train(['abc']).save('tokenizer.json')],
  ['loadMnist', 'DataError', /readMnist\(\{/, () => loadMnist('mnist')],
  ['fetchDataset', 'DataError', /csv\(url\)/, () => fetchDataset({ url: 'https://example.org/a.csv', sha256 })],
  ['fetchDataset', 'DataError', /csv\(url\)/, () => downloadMnist()],
  ['Checkpoint', 'TrainingError', /encodeSafetensors/, () => new Checkpoint('runs').onTrainStart(run)],
  [
    'saveCheckpoint',
    'TrainingError',
    /encodeState/,
    () => saveCheckpoint('a.safetensors', { model: new Linear(1, 1) }),
  ],
  [
    'loadCheckpoint',
    'CheckpointError',
    /readSafetensors\(new/,
    () => loadCheckpoint('a.safetensors', { model: new Linear(1, 1) }),
  ],
  [
    'Checkpoint.load',
    'CheckpointError',
    /readSafetensors\(new/,
    () => Checkpoint.load('runs', { model: new Linear(1, 1) }),
  ],
  ['Checkpoint.info', 'TrainingError', /Fetch the bytes/, () => Checkpoint.info('runs')],
  ['writeReport', 'ReportError', /reportHtml\(\)/, () => writeReport('report.html', { history })],
])('%s', async (where, type, hint, attempt) => {
  const error: unknown = await attempt().catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(Error);
  const { name, message } = error as Error;
  expect(name).toBe(type);
  expect(message).toMatch(new RegExp(`^\\[${where}\\] .*in Node only[^]*\\n  hint: `));
  expect(message).toMatch(hint);
});

it('takes a path for a URL, as a page does', async () => {
  const asked = vi.spyOn(globalThis, 'fetch').mockResolvedValue(new Response('a\n1\n'));
  expect((await csv('data/a.csv')).length).toBe(1);
  expect(asked).toHaveBeenCalledWith('data/a.csv');
});
