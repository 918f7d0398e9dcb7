/**
 * While Dawn's binding for Node waits (for a pipeline, for memory that is read) it asks for news from one `setImmediate` to the next without a pause, which keeps a core from the software
 * adapter that compiles and computes: of the time of tests on WebGPU it was the half. Here it pauses between two questions.
 */
const milliseconds = 0.2;
const nobody = new Int32Array(new SharedArrayBuffer(4));

/** Functions of addons; those of JavaScript have a text. */
const isNative = (callback: unknown): boolean =>
  Function.prototype.toString.call(callback).endsWith('{ [native code] }');

const mark = Symbol.for('hebb.patient');

/** Once in a process, though several test files share it. */
export function pauseBetweenQuestions(): void {
  if (mark in globalThis.setImmediate) return;
  const original = globalThis.setImmediate;
  const patient = (callback: (...args: unknown[]) => void, ...args: unknown[]): NodeJS.Immediate => {
    if (!isNative(callback)) return original(callback, ...args);
    return original(() => {
      Atomics.wait(nobody, 0, 0, milliseconds);
      callback(...args);
    });
  };
  // What util.promisify looks for, too.
  Object.defineProperties(patient, Object.getOwnPropertyDescriptors(original));
  globalThis.setImmediate = Object.assign(patient as typeof setImmediate, { [mark]: true });
}
