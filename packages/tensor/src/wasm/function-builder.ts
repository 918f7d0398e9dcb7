/**
 * Builds IR functions: interned values with constant folding, and statements in nested blocks. See ir.ts for what they mean.
 */
import type { Address, LoopRole, Statement, Value, Variable, WasmFunction } from './ir.ts';
import { op, resultType, SIMD, type WasmType } from './opcodes.ts';

export interface LoopOptions {
  readonly role?: LoopRole;
  readonly step?: number;
  readonly name?: string;
  readonly inductions?: readonly { readonly begin: Value; readonly step: Value | number }[];
}

const floatBytes = new Float32Array(4);
const intBytes = new Int32Array(floatBytes.buffer);
const doubleBytes = new Float64Array(floatBytes.buffer);

export class FunctionBuilder {
  readonly #name: string;
  readonly #parameters: Variable[] = [];
  readonly #interned = new Map<number | string, Value>();
  /** By the variable's id. */
  readonly #variables: (Value | undefined)[] = [];
  readonly #integers = new Map<number, Value>();
  readonly #floats = new Map<number, Value>();
  #nextValue = 1;
  #nextVariable = 0;
  #level = 0;
  #statements: Statement[] = [];
  readonly #rarelyCalls = new Set<WasmFunction>();
  readonly #bindings = new Map<number, Variable>();
  #frame: Variable | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  finish(result?: Value): WasmFunction {
    return {
      name: this.#name,
      parameters: this.#frame === undefined ? [...this.#parameters] : [...this.#parameters, this.#frame],
      frame: this.#frame,
      bindings: [...this.#bindings].map(([slot, variable]) => ({ slot, variable })),
      body: this.#statements,
      result,
      rarelyCalls: [...this.#rarelyCalls],
      valueCount: this.#nextValue,
    };
  }

  // Variables.

  parameter(name: string, type: WasmType = 'i32'): Value {
    const variable: Variable = { id: this.#nextVariable++, name, type, level: 0, mutable: false };
    this.#parameters.push(variable);
    return this.#read(variable);
  }

  /** The address of the words of its slots (bindings.ts): a parameter behind all others. */
  frame(): Value {
    this.#frame ??= { id: this.#nextVariable++, name: 'frame', type: 'i32', level: 0, mutable: false };
    return this.#read(this.#frame);
  }

  /** What the word of a slot says. */
  binding(slot: number): Value {
    let variable = this.#bindings.get(slot);
    if (variable === undefined) {
      this.frame();
      variable = { id: this.#nextVariable++, name: `at${slot}`, type: 'i32', level: 0, mutable: false };
      this.#bindings.set(slot, variable);
    }
    return this.#read(variable);
  }

  /** A mutable variable; read it with {@link get}. */
  variable(name: string, type: WasmType): Variable {
    return { id: this.#nextVariable++, name, type, level: this.#level, mutable: true };
  }

  get(variable: Variable): Value {
    return this.#read(variable);
  }

  #read(variable: Variable): Value {
    const { id, type, level, mutable } = variable;
    return (this.#variables[id] ??= {
      kind: 'variable',
      id: this.#nextValue++,
      type,
      level,
      volatile: mutable,
      variable,
    });
  }

  #intern(key: number | string, make: (id: number) => Value): Value {
    let value = this.#interned.get(key);
    if (value === undefined) {
      value = make(this.#nextValue++);
      this.#interned.set(key, value);
    }
    return value;
  }

  // Values.

  i32(value: number): Value {
    const wrapped = value | 0;
    let known = this.#integers.get(wrapped);
    if (known === undefined) {
      known = { kind: 'i32', id: this.#nextValue++, type: 'i32', level: 0, volatile: false, value: wrapped };
      this.#integers.set(wrapped, known);
    }
    return known;
  }

  #constant(): Value {
    return this.#intern(`v128 ${intBytes[0]} ${intBytes[1]} ${intBytes[2]} ${intBytes[3]}`, (id) => {
      const bytes = new Uint8Array(intBytes.buffer.slice(0));
      return { kind: 'v128', id, type: 'v128', level: 0, volatile: false, bytes };
    });
  }

  f32x4(value: number): Value {
    let known = this.#floats.get(value);
    if (known === undefined || value === 0) {
      floatBytes.fill(value);
      known = this.#constant();
      this.#floats.set(value, known);
    }
    return known;
  }

  f64x2(value: number): Value {
    doubleBytes.fill(value);
    return this.#constant();
  }

  i32x4(a: number, b: number = a, c: number = a, d: number = a): Value {
    intBytes.set([a, b, c, d]);
    return this.#constant();
  }

  /** Any instruction that computes a value from values. */
  op(code: number, ...args: Value[]): Value {
    return this.#operation(code, args, []);
  }

  lane(code: number, lane: number, ...args: Value[]): Value {
    return this.#operation(code, args, [lane]);
  }

  /** Words `lanes` of the eight words of a and b. */
  shuffle(a: Value, b: Value, lanes: readonly [number, number, number, number]): Value {
    const bytes = lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte));
    return this.#operation(op.i8x16Shuffle, [a, b], bytes);
  }

  #operation(code: number, args: readonly Value[], lanes: readonly number[]): Value {
    const folded = this.#fold(code, args);
    if (folded !== undefined) return folded;
    const key =
      lanes.length === 0 && args.length <= 2
        ? (code * 0x100000 + (args[0]?.id ?? 0)) * 0x100000 + (args[1]?.id ?? 0)
        : `${code} ${idsOf(args)}${lanes.join()}`;
    return this.#intern(key, (id) => ({
      kind: 'op',
      id,
      type: resultType(code),
      level: levelOf(args),
      volatile: isVolatile(args),
      code,
      args,
      lanes,
    }));
  }

  /** Constant folding of the integer arithmetic that addresses are made of, and splats of constants. */
  #fold(code: number, args: readonly Value[]): Value | undefined {
    const a = args[0];
    const b = args[1];
    if (code === op.i32x4Splat && a?.kind === 'i32') return this.i32x4(a.value);
    if (code >= SIMD || a === undefined || b === undefined) return undefined;
    const x = a.kind === 'i32' ? a.value : undefined;
    const y = b.kind === 'i32' ? b.value : undefined;
    if (x !== undefined && y !== undefined) {
      switch (code) {
        case op.i32Add:
          return this.i32(x + y);
        case op.i32Sub:
          return this.i32(x - y);
        case op.i32Mul:
          return this.i32(Math.imul(x, y));
        case op.i32Shl:
          return this.i32(x << y);
        case op.i32And:
          return this.i32(x & y);
        case op.i32LtU:
          return this.i32(x >>> 0 < y >>> 0 ? 1 : 0);
        case op.i32GtU:
          return this.i32(x >>> 0 > y >>> 0 ? 1 : 0);
        case op.i32DivU:
          return this.i32((x >>> 0) / (y >>> 0));
        case op.i32RemU:
          return this.i32((x >>> 0) % (y >>> 0));
        default:
          return undefined;
      }
    }
    if (code === op.i32Add) {
      if (y === 0) return a;
      if (x === 0) return b;
      if (x !== undefined) return this.op(op.i32Add, b, a);
      if (y !== undefined && a.kind === 'op' && a.code === op.i32Add) {
        const inner = a.args[0];
        const constant = a.args[1];
        if (inner !== undefined && constant?.kind === 'i32') return this.add(inner, this.i32(constant.value + y));
      }
      // Constants move outwards, where they can become an instruction's offset.
      if (y === undefined && b.kind === 'op' && b.code === op.i32Add) {
        const inner = b.args[0];
        const constant = b.args[1];
        if (inner !== undefined && constant?.kind === 'i32') return this.add(this.add(a, inner), constant);
      }
    }
    if ((code === op.i32Sub || code === op.i32Shl || code === op.i32ShrU) && y === 0) return a;
    if (code === op.i32DivU && y === 1) return a;
    if (code === op.i32RemU && y === 1) return this.i32(0);
    if (code === op.i32Mul) {
      if (x !== undefined) return this.op(op.i32Mul, b, a);
      if (y === 0) return b;
      if (y === 1) return a;
      if (y !== undefined && a.kind === 'op' && a.code === op.i32Add) {
        const inner = a.args[0];
        const constant = a.args[1];
        if (inner !== undefined && constant?.kind === 'i32') {
          return this.add(this.mul(inner, y), Math.imul(constant.value, y));
        }
      }
      if (y !== undefined && y > 0 && (y & (y - 1)) === 0) return this.op(op.i32Shl, a, this.i32(31 - Math.clz32(y)));
    }
    return undefined;
  }

  add(a: Value, b: Value | number): Value {
    return this.op(op.i32Add, a, typeof b === 'number' ? this.i32(b) : b);
  }

  sub(a: Value, b: Value | number): Value {
    return this.op(op.i32Sub, a, typeof b === 'number' ? this.i32(b) : b);
  }

  mul(a: Value, b: Value | number): Value {
    return this.op(op.i32Mul, a, typeof b === 'number' ? this.i32(b) : b);
  }

  divide(a: Value, b: Value | number): Value {
    return this.op(op.i32DivU, a, typeof b === 'number' ? this.i32(b) : b);
  }

  remainder(a: Value, b: Value | number): Value {
    return this.op(op.i32RemU, a, typeof b === 'number' ? this.i32(b) : b);
  }

  /** Unsigned minimum. */
  minimum(a: Value, b: Value | number): Value {
    const other = typeof b === 'number' ? this.i32(b) : b;
    if (a === other) return a;
    if (a.kind === 'i32' && other.kind === 'i32') return a.value >>> 0 < other.value >>> 0 ? a : other;
    return this.select(this.op(op.i32LtU, a, other), a, other);
  }

  select(condition: Value, ifTrue: Value, ifFalse: Value): Value {
    return this.#operation(op.select, [ifTrue, ifFalse, condition], []);
  }

  /** `target(usual, ...args)` where `condition` (i32) is not 0, else `usual`. The function must depend on its arguments alone. */
  rarely(condition: Value, target: WasmFunction, usual: Value, ...others: Value[]): Value {
    this.#rarelyCalls.add(target);
    const args = [usual, ...others, condition];
    return this.#intern(`rare ${target.name} ${idsOf(args)}`, (id) => ({
      kind: 'rare',
      id,
      type: usual.type,
      level: levelOf(args),
      volatile: isVolatile(args),
      target,
      args,
    }));
  }

  /**
   * Reads memory. Without `volatile` the memory must not change while the function runs, before the last use of the value,
   * other than by a store that follows an {@link evaluate} of it.
   */
  load(code: number, { base, offset }: Address, volatile = false): Value {
    return this.#load(code, [base], offset, [], volatile);
  }

  /** Loads 32 bits into one lane of `vector`. */
  loadLane({ base, offset }: Address, lane: number, vector: Value, volatile = false): Value {
    return this.#load(op.v128Load32Lane, [base, vector], offset, [lane], volatile);
  }

  #load(code: number, args: readonly Value[], offset: number, lanes: readonly number[], volatile: boolean): Value {
    const key = `load ${code} ${idsOf(args)}${offset} ${lanes.join()} ${volatile}`;
    return this.#intern(key, (id) => ({
      kind: 'load',
      id,
      type: resultType(code),
      level: levelOf(args),
      volatile: volatile || isVolatile(args),
      code,
      args,
      offset,
      lanes,
    }));
  }

  // Statements.

  #block(emit: () => void): readonly Statement[] {
    const outer = this.#statements;
    this.#statements = [];
    emit();
    const inner = this.#statements;
    this.#statements = outer;
    return inner;
  }

  /** for (variable = begin; variable <u end; variable += step). Inductions advance along. */
  loop(
    begin: Value,
    end: Value,
    options: LoopOptions,
    body: (variable: Value, inductions: readonly Value[]) => void,
  ): void {
    this.#level++;
    const make = (name: string): Variable => ({
      id: this.#nextVariable++,
      name,
      type: 'i32',
      level: this.#level,
      mutable: false,
    });
    const variable = make(options.name ?? 'i');
    const inductions = (options.inductions ?? []).map(({ begin, step }) => ({
      variable: make('p'),
      begin,
      step: typeof step === 'number' ? this.i32(step) : step,
    }));
    const statements = this.#block(() =>
      body(
        this.#read(variable),
        inductions.map((induction) => this.#read(induction.variable)),
      ),
    );
    this.#level--;
    this.#statements.push({
      kind: 'loop',
      role: options.role ?? 'loop',
      variable,
      begin,
      end,
      step: options.step ?? 1,
      inductions,
      body: statements,
    });
  }

  if(condition: Value, then: () => void, otherwise: () => void = () => {}): void {
    if (condition.kind === 'i32') {
      (condition.value !== 0 ? then : otherwise)();
      return;
    }
    this.#statements.push({ kind: 'if', condition, body: this.#block(then), otherwise: this.#block(otherwise) });
  }

  /** Once, and again as long as the condition is not 0. */
  repeat(body: () => Value): void {
    this.#level++;
    let condition: Value | undefined;
    const statements = this.#block(() => (condition = body()));
    this.#level--;
    if (condition !== undefined) this.#statements.push({ kind: 'repeat', body: statements, condition });
  }

  /** An atomic instruction on the word at `address`; returns what it leaves. */
  atomic(code: number, address: number, ...args: Value[]): Value {
    const wide = code === op.i64AtomicLoad || code === op.i64AtomicCompareExchange;
    const result = this.variable('atomic', wide ? 'i64' : 'i32');
    this.#statements.push({ kind: 'atomic', code, address, args, result });
    return this.#read(result);
  }

  atomicStore(code: number, address: number, value: Value): void {
    this.#statements.push({ kind: 'atomic', code, address, args: [value], result: undefined });
  }

  /** Ends the program with an error. */
  trap(): void {
    this.#statements.push({ kind: 'trap' });
  }

  set(variable: Variable, value: Value): void {
    this.#statements.push({ kind: 'set', variable, value });
  }

  store(code: number, address: Address, value: Value, lane?: number): void {
    this.#statements.push({ kind: 'store', code, address, value, lane });
  }

  /** Computes the value here rather than at its first use. */
  evaluate(value: Value): void {
    this.#statements.push({ kind: 'evaluate', value });
  }

  copy(to: Value, from: Value, bytes: Value): void {
    this.#statements.push({ kind: 'copy', to, from, bytes });
  }

  /** Calls a function, whose slots are those of this one. */
  call(target: WasmFunction, ...args: Value[]): void {
    this.#statements.push({
      kind: 'call',
      target,
      args: target.frame === undefined ? args : [...args, this.frame()],
    });
  }

  /** Calls the function at a position of the imported table. */
  callAt(position: Value, ...args: Value[]): void {
    this.#statements.push({ kind: 'callAt', position, args });
  }

  note(text: string): void {
    this.#statements.push({ kind: 'note', text });
  }
}

// Plain loops: these run for every value, most of them before the engine has compiled them.

function levelOf(args: readonly Value[]): number {
  let level = 0;
  for (let i = 0; i < args.length; i++) level = Math.max(level, args[i]?.level ?? 0);
  return level;
}

function isVolatile(args: readonly Value[]): boolean {
  for (let i = 0; i < args.length; i++) if (args[i]?.volatile === true) return true;
  return false;
}

function idsOf(args: readonly Value[]): string {
  let ids = '';
  for (let i = 0; i < args.length; i++) ids += `${args[i]?.id} `;
  return ids;
}
