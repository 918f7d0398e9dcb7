/** Runs itself the way the quickstart is run; the inner one stops gently at the first SIGINT, with exit code 7. */
import { endLike, runVisibly } from '../process.mjs';

if (process.argv[2] === 'inner') {
  process.on('SIGINT', () => {
    console.log('interrupted');
    setTimeout(() => process.exit(7), 300);
  });
  setTimeout(() => process.exit(1), 20_000);
  console.log('ready');
} else {
  const preload = new URL('../single-interrupt.mjs', import.meta.url).href;
  endLike(await runVisibly(process.execPath, ['--import', preload, process.argv[1], 'inner']));
}
