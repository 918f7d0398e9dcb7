import { CharacterTokenizer } from '@hebb/tokenizer';
import { prove } from './prove.js';

const tokenizer = CharacterTokenizer.train(['to be, or not to be']);

void prove({
  compute: () => tokenizer.decode(tokenizer.encode('be not')),
  expected: 'be not',
  misuse() {
    tokenizer.encode('question');
  },
  message: /'q'/,
  openFile: () => CharacterTokenizer.load('none.json'),
});
