/**
 * The entry of every root script: `node tools/setup/run.mjs <job> [arguments]`. Makes a fresh clone with nothing but
 * Node and npm ready, then runs the job. Only this file has to parse on a Node that is too old.
 */
const minimum = [20, 19];
const current = process.versions.node.split('.').map(Number);

if (current[0] < minimum[0] || (current[0] === minimum[0] && current[1] < minimum[1])) {
  console.error(`Hebb needs Node ${minimum.join('.')} or newer; this is Node ${process.versions.node}.`);
  console.error('Install a newer one from https://nodejs.org (or with your version manager) and try again.');
  process.exit(1);
}

import('./jobs.mjs')
  .then(({ main }) => main(process.argv[2], process.argv.slice(3)))
  .catch((error) => {
    console.error(error instanceof Error && error.name === 'SetupError' ? error.message : error);
    process.exitCode = 1;
  });
