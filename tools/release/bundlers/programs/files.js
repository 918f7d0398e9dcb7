import { FileError, hasFiles, listFolder, readFile } from '@hebb/files';
import { prove } from './prove.js';

void prove({
  compute: async () => !hasFiles() || (await listFolder('.')).length > 0,
  expected: true,
  misuse() {
    throw new FileError('read', 'mine', { reason: 'it is mine', hint: 'Ask.' });
  },
  message: /^cannot read mine: it is mine\.\n {2}hint: Ask\.$/,
  openFile: () => readFile('none'),
});
