/** Remembers where nodes were recorded, while somebody asks: the layer, and the line that called. */
import { setOriginTracker, type Origin, type OriginTracker } from '../graph/origins.ts';
import { callSite, deepenStack, type CallSite } from '../graph/stack.ts';

/** A call, whose stack is made text of when it is looked at, which is seldom: that takes longer than all else, above all where source maps are followed. */
class Call implements CallSite {
  readonly #error: Error;
  #site: CallSite | undefined;

  constructor(error: Error) {
    this.#error = error;
  }

  get called(): string | undefined {
    return (this.#site ??= callSite(this.#error.stack)).called;
  }

  get line(): string | undefined {
    return (this.#site ??= callSite(this.#error.stack)).line;
  }
}

const errors = Error as { prepareStackTrace?: unknown };

/** The same text for the same way here, where the engine (V8) tells without making text of the stack; undefined elsewhere. */
function wayHere(): string | undefined {
  const before = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  let way: string | undefined;
  try {
    errors.prepareStackTrace = (_: Error, sites: readonly NodeJS.CallSite[]) => {
      way = sites
        .map((site) => `${site.getScriptNameOrSourceURL?.()}:${site.getLineNumber()}:${site.getColumnNumber()}`)
        .join();
    };
    void new Error().stack;
  } catch {
    // Frozen built-ins: every call is another.
  } finally {
    if (before === undefined) delete errors.prepareStackTrace;
    else Object.defineProperty(Error, 'prepareStackTrace', before);
  }
  return way;
}

/** The calls that have been seen, once each: an optimizer records for sixty parameters by the same way. */
class Calls {
  readonly #known = new Map<string, Call>();

  here(): Call {
    const restore = deepenStack();
    try {
      const way = wayHere();
      let call = way === undefined ? undefined : this.#known.get(way);
      if (call === undefined) {
        call = new Call(new Error());
        if (way !== undefined) this.#known.set(way, call);
      }
      return call;
    } finally {
      restore();
    }
  }
}

class NodeOrigin implements Origin {
  readonly layer: string | undefined;
  readonly isGradient: boolean;
  readonly #call: CallSite;

  constructor(layer: string | undefined, isGradient: boolean, call: CallSite) {
    this.layer = layer;
    this.isGradient = isGradient;
    this.#call = call;
  }

  get called(): string | undefined {
    return this.#call.called;
  }

  get line(): string | undefined {
    return this.#call.line;
  }
}

function makeTracker(): OriginTracker {
  const known = new WeakMap<object, Origin>();
  const calls = new Calls();
  let layer: string | undefined;
  let behalf: Origin | undefined;
  const within = <T>(nextLayer: string | undefined, nextBehalf: Origin | undefined, record: () => T): T => {
    const before = [layer, behalf] as const;
    layer = nextLayer;
    behalf = nextBehalf;
    try {
      return record();
    } finally {
      [layer, behalf] = before;
    }
  };
  return {
    made: (node) => known.set(node, behalf ?? new NodeOrigin(layer, false, calls.here())),
    originOf: (node) => known.get(node),
    inLayer: (name, record) => within(name(), behalf, record),
    onBehalfOf: (node, isGradient, record) => {
      const origin = known.get(node);
      const next = origin && (isGradient ? new NodeOrigin(origin.layer, true, origin) : origin);
      return within(layer, next ?? behalf, record);
    },
  };
}

/** Remembers origins from now on; what it returns ends that. */
export function trackOrigins(): () => void {
  setOriginTracker(makeTracker());
  return () => setOriginTracker(undefined);
}
