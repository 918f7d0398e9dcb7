/**
 * Preloaded into interactive programs. One Ctrl-C reaches them up to three times (from the terminal, from npm, from the
 * runner); a program that stops gently at the first and at once at the second should see one.
 */
const window = 500;
const emit = process.emit;
let last = -Infinity;

process.emit = function (event, ...rest) {
  if (event === 'SIGINT') {
    const now = performance.now();
    if (now - last < window) return true;
    last = now;
  }
  return emit.call(this, event, ...rest);
};
