/** Checks that print their outcome one by one, and are counted. */

/** @returns {{ check: (name: string, run: () => Promise<{ code: number, output: string }>) => Promise<boolean>, finish: () => void }} */
export function createChecks() {
  let passed = 0;
  let failed = 0;
  return {
    /** Runs one check, prints its outcome, and shows the output of a failure. */
    async check(name, run) {
      const { code, output } = await run();
      if (code === 0) passed++;
      else failed++;
      console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name}`);
      if (code !== 0) console.log(output.trim().replaceAll(/^/gm, '       '));
      return code === 0;
    },
    /** Prints `N passed, N failed` and sets the exit code. */
    finish() {
      console.log(`\n${passed} passed, ${failed} failed`);
      process.exitCode = failed === 0 ? 0 : 1;
    },
  };
}
