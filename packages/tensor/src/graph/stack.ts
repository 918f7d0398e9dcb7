/**
 * Where an error begins: on the line that called Hebb. A frame is left out only where it is certain to be Hebb's, or the engine's own
 * (`Array.forEach`) on the way there; in a bundle, where Hebb and its user share a file, every frame stays.
 */

/** Modules of Hebb as installed or served by a CDN, one module a file. */
const installed = /\/@hebb\/[\w.-]+(?:@[^/]+)?\/(?:dist|src)\/|\/node_modules\/hebb\/dist\//;
/** Frames without a file of anybody: `at Array.map (<anonymous>)`, `at map (native)`, `forEach@[native code]`, `at … (node:internal/…)`. */
const native =
  /\(<anonymous>\)$|\(native\b|\[native code\]|[( @](?:node|ext|self-hosted|internal):|^\s+at async \S+ \(index \d+\)$/;
/** `    at f (file:///x.js:1:2)` of V8, or `f@https://host/x.js:1:2` of the others. */
const frame = /^\s+at |^[^\s@]*@\S/;
/** Frames looked through for the caller, who may be further away than the error is to show. */
const searchDepth = 200;

const limits = Error as { stackTraceLimit?: unknown };

/** Makes room in the stack of the next error for the caller's line; what it returns takes the room back. */
export function deepenStack(): () => void {
  const limit = limits.stackTraceLimit;
  // Firefox has no limit; 0 means that somebody wants no stacks.
  if (typeof limit !== 'number' || limit === 0 || limit >= searchDepth) return () => {};
  try {
    limits.stackTraceLimit = searchDepth;
  } catch {
    // Frozen built-ins: the stack is as deep as it is.
    return () => {};
  }
  return () => {
    limits.stackTraceLimit = limit;
  };
}

let ownModules: RegExp | undefined;

/**
 * Which frames are Hebb's besides installed ones. Learned from a frame in this file, since a module in a bundle has no address of its own.
 * In Hebb's repository the other packages are this one's neighbours.
 */
function findOwnModules(): RegExp {
  const here = String(new Error().stack)
    .split('\n')
    .find((line) => frame.test(line));
  const [, packages = '', folder] =
    /^(?:\s+at \S+ \(|[^@]*@)(.*\/)(tensor\/(?:src|dist)\/)graph\/stack\.[jt]s\b/.exec(
      here?.replaceAll('\\', '/') ?? '',
    ) ?? [];
  if (folder === undefined) return installed;
  const own = packages.endsWith('/packages/') && folder === 'tensor/src/' ? '[\\w-]+/src/' : folder;
  return new RegExp(`${installed.source}|${packages.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}${own}`);
}

function isHebbOrEngine(line: string): boolean {
  ownModules ??= findOwnModules();
  return native.test(line) || ownModules.test(line.replaceAll('\\', '/'));
}

/** The stack of an error with the given name and message, without the frames inside Hebb that come first. */
export function fromCaller(stack: string, name: string, message: string): string {
  const from = stack.indexOf(message);
  // Only V8 puts the message in front of the frames; it may look like one.
  const head = from < 0 || stack.slice(0, from).includes('\n') ? '' : stack.slice(0, from + message.length);
  const lines = stack.slice(head.length).split('\n');
  // What V8 wrote there is the name before the error had one.
  const title = head === '' ? '' : `${name}: ${message}`;
  const first = lines.findIndex((line) => frame.test(line));
  if (first < 0) return title + lines.join('\n');
  let caller = first;
  while (caller < lines.length && isHebbOrEngine(lines[caller] ?? '')) caller++;
  // Nobody's line is left where an error arose on the way back from a device.
  if (!frame.test(lines[caller] ?? '')) caller = first;
  const limit = limits.stackTraceLimit;
  const end = typeof limit === 'number' && limit < searchDepth ? caller + limit : undefined;
  return title + [...lines.slice(0, first), ...lines.slice(caller, end)].join('\n');
}

/** The function that users called, as far as the stack of here says: the outermost one of Hebb's. Undefined for one without a name, and in bundles. */
export function calledFunction(): string | undefined {
  const restore = deepenStack();
  const { stack } = new Error();
  restore();
  return callSite(stack).called;
}

/** Where users called Hebb, and what. */
export interface CallSite {
  /** The outermost function of Hebb's; undefined for one without a name, and in bundles. */
  readonly called: string | undefined;
  /** `file:///home/ada/train.ts:12:5`; undefined where the stack does not say. */
  readonly line: string | undefined;
}

/** Of the stack of an error that was made inside of Hebb. */
export function callSite(stack: unknown): CallSite {
  const lines = String(stack)
    .split('\n')
    .filter((line) => frame.test(line));
  const from = lines.findIndex((line) => !isHebbOrEngine(line));
  const called = lines
    .slice(0, from)
    .filter((line) => !native.test(line))
    .pop();
  return {
    called: /^(?:\s+at (?:\w+[ .])*)?(\w+)(?:@| \(| \[as )/.exec(called ?? '')?.[1],
    line: /([^\s()@]+:\d+:\d+)\)?$/.exec(lines[from] ?? '')?.[1],
  };
}
