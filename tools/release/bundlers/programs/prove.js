/** What every program here does with its package, wherever it runs: compute, fail well, and say so on the console. */

/**
 * @typedef {object} Program
 * @property {() => unknown} compute
 * @property {unknown} expected what `compute` resolves to, as JSON
 * @property {() => unknown} misuse a mistake of the user's; the name of this function has to be in the stack (its last
 *   call is a statement: Bun drops the frame of a function that returns a call)
 * @property {RegExp} message of the error
 * @property {(() => unknown)} [openFile] asks for a file that does not exist
 */

/** Whether this is a page or a worker of one: where there are no files. */
const inBrowser = typeof document !== 'undefined' || typeof importScripts === 'function';

/** @param {boolean} condition @param {string} fact */
function expect(condition, fact) {
  if (!condition) throw new Error(`expected ${fact}`);
}

/** @param {() => unknown} attempt @returns {Promise<Error>} */
async function errorOf(attempt) {
  try {
    await attempt();
  } catch (error) {
    return /** @type {Error} */ (error);
  }
  throw new Error('expected an error');
}

/** Prints `PROVED`, or `FAILED` with the reason, in one line of the console. @param {Program} program */
export async function prove({ compute, expected, misuse, message, openFile }) {
  try {
    const value = JSON.stringify(await compute());
    expect(value === JSON.stringify(expected), `${JSON.stringify(expected)}, got ${value}`);

    const error = await errorOf(misuse);
    expect(message.test(error.message), `a message like ${message}, got: ${error.message}`);
    expect(error.stack?.includes('misuse') === true, `the user's frame in ${error.stack}`);

    if (openFile) {
      const { message: text } = await errorOf(openFile);
      const reason = inBrowser ? /files are there in Node only/ : /there is no such file|the folder does not exist/;
      expect(reason.test(text) && text.includes('hint: '), `a message like ${reason} with a hint, got: ${text}`);
    }
    console.log('PROVED');
  } catch (error) {
    console.log(`FAILED ${error instanceof Error ? error.stack : error}`);
  }
}
