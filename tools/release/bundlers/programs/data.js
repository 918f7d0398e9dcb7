import { ArrayDataset, csv, DataLoader, loadMnist, parseCsv, readIdx } from '@hebb/data';
import { prove } from './prove.js';

/** Two bytes as an IDX file, packed with gzip. */
const packed = 'H4sIAAAAAAACA2Ng4GBkYGBgYmYEAEzPtskKAAAA';

void prove({
  async compute() {
    const table = parseCsv('x,label\n1,cat\n2.5,"a ""dog"""\n');
    const fetched = await csv(new Blob(['x\n7\n']));
    const { data } = readIdx(
      Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0)),
      'packed',
    );
    const dataset = new ArrayDataset({ x: { data: Float32Array.of(1, 2, 3), shape: [] } });
    const batches = [];
    for (const { x } of new DataLoader(dataset, { batchSize: 2 })) batches.push(await x.toArray());
    return [[...table.numbers('x')], table.strings('label'), [...fetched.numbers('x')], [...data], batches];
  },
  expected: [[1, 2.5], ['cat', 'a "dog"'], [7], [3, 1], [[1, 2], [3]]],
  misuse() {
    parseCsv('x,label\n1\n');
  },
  message: /line 2: expected 2 fields/,
  openFile: () => loadMnist('none'),
});
