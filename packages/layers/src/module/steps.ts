/** What a model does, call by call: which module reads what, and where values of several meet. */
import { Tensor } from '@hebb/tensor';
import { recordFlow, type FlowValue } from '@hebb/tensor/costs';
import { runningCalls, withObserver, type Running } from './forward.ts';
import { entriesOf } from './members.ts';
import type { AnyModule } from './module.ts';

/** A call of a module, or an operation of the module around it in which several values meet: a residual sum, a concatenation. */
export interface RecordedStep {
  /** Undefined: such an operation. */
  readonly module: AnyModule | undefined;
  /** How often the module was called before. */
  readonly call: number;
  /** `call`, or the operation: `add`, `concat`. */
  readonly operation: string;
  /** Which steps of the module around it made what it reads; −1 is what that module was given. */
  readonly reads: readonly number[];
  /** What the module did inside. */
  readonly steps: readonly RecordedStep[];
}

type Value = FlowValue<Running>;

/** A call as it is seen from inside. */
interface Frame {
  readonly call: Running;
  readonly given: ReadonlySet<Value>;
  readonly steps: RecordedStep[];
  /** The step that a call inside is. */
  readonly calls: Map<Running, number>;
  /** What calls returned as they were given it, as dropout does that drops nothing: by the last of them. */
  readonly passed: Map<Value, number>;
  /** Of values of its own: what they are made of, or the step that they are. */
  readonly own: Map<Value, ReadonlySet<number>>;
}

/**
 * Runs `body`, in which `model` is called, and gives the steps of its first call.
 *
 * @param model - whose modules are listed; what others do is done by the one that calls them
 */
export function recordSteps(model: AnyModule, body: () => void): RecordedStep | undefined {
  const listed = new Set(model.namedModules().values());
  const counts = new Map<AnyModule, number>();
  const frames = new Map<Running, Frame>();
  let whole: RecordedStep | undefined;
  const innermost = (from: Iterable<Running>): Running | undefined => {
    for (const call of from) if (listed.has(call.module)) return call;
    return undefined;
  };
  const around = (call: Running): Running | undefined => innermost(outward(call.outer));

  recordFlow<Running, void>(
    () => innermost(runningCalls()),
    (valueOf) => {
      const frameOf = (call: Running): Frame => {
        const known = frames.get(call);
        if (known !== undefined) return known;
        const given = new Set(tensorsIn(call.inputs).map(valueOf));
        const frame: Frame = { call, given, steps: [], calls: new Map(), passed: new Map(), own: new Map() };
        frames.set(call, frame);
        return frame;
      };
      /** Which steps made a value; more than one only of values that are read together. */
      const sourcesOf = (frame: Frame, value: Value): ReadonlySet<number> => {
        const stack = [value];
        for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
          const known = made(frame, top);
          const missing = known !== undefined ? [] : top.madeOf.filter((part) => made(frame, part) === undefined);
          if (missing.length > 0) {
            stack.push(...missing);
            continue;
          }
          stack.pop();
          if (known === undefined) frame.own.set(top, joined(frame, top));
        }
        return made(frame, value) ?? nothing;
      };
      /** Undefined: the module's own, and not looked at yet. */
      const made = (frame: Frame, value: Value): ReadonlySet<number> | undefined => {
        const passed = frame.passed.get(value);
        if (passed !== undefined) return new Set([passed]);
        if (frame.given.has(value)) return input;
        const { owner } = value;
        if (owner === undefined) return nothing;
        if (owner === frame.call) return frame.own.get(value);
        let child: Running = owner;
        for (let next = around(child); next !== undefined && next !== frame.call; next = around(next)) child = next;
        const step = frame.calls.get(child);
        // What came in another way than as an argument.
        return step === undefined ? input : new Set([step]);
      };
      const joined = (frame: Frame, { madeOf, operation }: Value): ReadonlySet<number> => {
        const parts = madeOf.filter((part) => part.isFloat).flatMap((part) => [...(made(frame, part) ?? nothing)]);
        const reads = [...new Set(parts)].sort((a, b) => a - b);
        if (reads.length < 2) return new Set(reads);
        frame.steps.push({ module: undefined, call: 0, operation, reads, steps: [] });
        return new Set([frame.steps.length - 1]);
      };
      const sources = (frame: Frame, values: readonly Value[]): number[] => {
        // Masks and lengths beside numbers come from where the model got them; indices alone are what is read.
        const numbers = values.filter(({ isFloat }) => isFloat);
        const read = (numbers.length > 0 ? numbers : values).flatMap((value) => [...sourcesOf(frame, value)]);
        return [...new Set(read)].sort((a, b) => a - b);
      };

      withObserver((module, _, output) => {
        const call = innermost(runningCalls());
        if (call?.module !== module) return;
        const own = frameOf(call);
        const results = tensorsIn(output).map(valueOf);
        // Sums at its end are steps, too.
        sources(own, results);
        const count = counts.get(module) ?? 0;
        counts.set(module, count + 1);
        const outer = around(call);
        const frame = outer === undefined ? undefined : frameOf(outer);
        const reads = frame === undefined ? [-1] : sources(frame, [...own.given]);
        const step: RecordedStep = { module, call: count, operation: 'call', reads, steps: own.steps };
        if (frame === undefined) {
          whole ??= step;
          return;
        }
        const place = frame.steps.push(step) - 1;
        frame.calls.set(call, place);
        for (const result of results) if (own.given.has(result)) frame.passed.set(result, place);
      }, body);
    },
  );
  return whole;
}

const input: ReadonlySet<number> = new Set([-1]);
const nothing: ReadonlySet<number> = new Set();

function* outward(from: Running | undefined): Iterable<Running> {
  for (let call = from; call !== undefined; call = call.outer) yield call;
}

function tensorsIn(value: unknown): Tensor[] {
  if (value instanceof Tensor) return [value];
  return [...(entriesOf(value) ?? [])].flatMap(([, item]) => tensorsIn(item));
}
