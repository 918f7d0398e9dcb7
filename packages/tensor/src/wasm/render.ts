/**
 * Turns IR functions into WebAssembly bytes. Purely mechanical: every value that is used more than once, or inside a deeper loop
 * than it depends on, gets a local; invariant values are computed right before the loop that uses them.
 */
import { ByteWriter, encodeModule, Signatures, type EncodedFunction, type Imports } from './encoder.ts';
import type { Link, RenderedFunction, Statement, Value, WasmFunction } from './ir.ts';
import { alignmentOf, ATOMIC, op, SIMD, takesLane, type WasmType } from './opcodes.ts';

/** Encodes the functions and everything they call; each of `exports` is exported under its name. */
export function renderModule(
  exports: ReadonlyMap<string, WasmFunction>,
  imports: Imports = {},
): Uint8Array<ArrayBuffer> {
  const order: RenderedFunction[] = [];
  const positions = new Map<WasmFunction, number>();
  const place = (target: WasmFunction): void => {
    if (positions.has(target)) return;
    positions.set(target, -1);
    const code = target.rendered ?? new FunctionRenderer(target).render();
    for (const link of code.links) if (link.kind === 'call') place(link.target);
    positions.set(target, order.push(code) - 1);
  };
  for (const target of exports.values()) place(target);
  const signatures = new Signatures();
  const encoded = order.map((code) => linked(code, positions, signatures));
  const exported = new Map([...exports].map(([name, target]) => [name, positions.get(target) ?? 0]));
  return encodeModule(encoded, exported, signatures, imports);
}

/** The function as bytes, its callees likewise, without the statements and values that these were made from; each is made once. */
export function withoutBody(target: WasmFunction, known: WeakMap<WasmFunction, WasmFunction>): WasmFunction {
  let light = known.get(target);
  if (light === undefined) {
    const code = new FunctionRenderer(target).render();
    const links = code.links.map((link): Link =>
      link.kind === 'call' ? { ...link, target: withoutBody(link.target, known) } : link,
    );
    light = { ...target, body: [], result: undefined, rarelyCalls: [], rendered: { ...code, links } };
    known.set(target, light);
  }
  return light;
}

/** The bytes of a function whose callees have these positions. */
function linked(
  { parameters, result, locals, body, links }: RenderedFunction,
  positions: ReadonlyMap<WasmFunction, number>,
  signatures: Signatures,
): EncodedFunction {
  if (links.length === 0) return { parameters, result, locals, body };
  const out = new ByteWriter(body.length + 4 * links.length);
  let from = 0;
  for (const link of links) {
    out.bytes(body.subarray(from, link.at));
    from = link.at;
    if (link.kind === 'call') out.unsigned(positions.get(link.target) ?? 0);
    else out.signed(signatures.position(link.parameters, link.result));
  }
  out.bytes(body.subarray(from));
  return { parameters, result, locals, body: out.result() };
}

function forEachStatement(statements: readonly Statement[], visit: (statement: Statement) => void): void {
  for (const statement of statements) {
    visit(statement);
    if (statement.kind === 'loop' || statement.kind === 'repeat') forEachStatement(statement.body, visit);
    else if (statement.kind === 'if') {
      forEachStatement(statement.body, visit);
      forEachStatement(statement.otherwise, visit);
    }
  }
}

/** Values that a statement itself uses (not those of nested statements). */
function operands(statement: Statement): readonly Value[] {
  switch (statement.kind) {
    case 'loop':
      return statement.inductions.length === 0
        ? [statement.begin, statement.end]
        : [statement.begin, statement.end, ...statement.inductions.flatMap(({ begin, step }) => [begin, step])];
    case 'if':
    case 'repeat':
      return [statement.condition];
    case 'set':
    case 'evaluate':
      return [statement.value];
    case 'store':
      return [statement.address.base, statement.value];
    case 'copy':
      return [statement.to, statement.from, statement.bytes];
    case 'call':
    case 'atomic':
      return statement.args;
    case 'callAt':
      return [...statement.args, statement.position];
    case 'note':
    case 'trap':
      return [];
  }
}

type TrivialValue = Extract<Value, { kind: 'i32' | 'v128' | 'variable' }>;

function isTrivial(value: Value): value is TrivialValue {
  return value.kind === 'i32' || value.kind === 'v128' || value.kind === 'variable';
}

// Loops over values are plain ones: most of them run before the engine has compiled them.

class FunctionRenderer {
  readonly #target: WasmFunction;
  readonly #links: Link[] = [];
  readonly #out = new ByteWriter();
  readonly #locals: WasmType[] = [];
  readonly #variableLocals = new Map<number, number>();
  /** Number of uses by value id. */
  readonly #uses: Uint32Array;
  /** By value id: the local that holds the value, plus 1. */
  readonly #valueLocals: Uint32Array;
  /** Ids of the values in locals, innermost scope last. */
  readonly #scopes: number[][] = [[]];
  /** Ids of volatile values in locals, for the statement at hand. */
  #statementValues: number[] = [];
  #level = 0;
  /** Marks of {@link #hoist} by value id. */
  readonly #seen: Uint32Array;
  #stamp = 0;

  constructor(target: WasmFunction) {
    this.#target = target;
    this.#valueLocals = new Uint32Array(target.valueCount);
    this.#uses = new Uint32Array(target.valueCount);
    this.#seen = new Uint32Array(target.valueCount);
  }

  render(): RenderedFunction {
    const { parameters, body, result, frame, bindings } = this.#target;
    parameters.forEach(({ id }, position) => this.#variableLocals.set(id, position));
    for (const { slot, variable } of bindings) {
      if (frame === undefined) throw new Error('internal: a function with slots without a frame');
      this.#withLocal(op.localGet, this.#local(frame));
      this.#code(op.i32Load);
      this.#memoryArgument(op.i32Load, 4 * slot);
      this.#withLocal(op.localSet, this.#local(variable));
    }
    forEachStatement(body, (statement) => {
      for (const value of operands(statement)) this.#countUses(value);
      // A value that is computed ahead of its use needs a local.
      if (statement.kind === 'evaluate') this.#countUses(statement.value);
    });
    if (result !== undefined) this.#countUses(result);
    this.#statements(body);
    if (result !== undefined) this.#value(result);
    return {
      parameters: parameters.map(({ type }) => type),
      result: result?.type,
      locals: this.#locals,
      body: this.#out.result(),
      links: this.#links,
    };
  }

  #countUses(value: Value): void {
    if (isTrivial(value)) return;
    const count = this.#uses[value.id] ?? 0;
    this.#uses[value.id] = count + 1;
    if (count > 0) return;
    const { args } = value;
    for (let i = 0; i < args.length; i++) this.#countUses(args[i] as Value);
  }

  #newLocal(type: WasmType): number {
    return this.#target.parameters.length + this.#locals.push(type) - 1;
  }

  #local(variable: { readonly id: number; readonly type: WasmType }): number {
    let local = this.#variableLocals.get(variable.id);
    if (local === undefined) {
      local = this.#newLocal(variable.type);
      this.#variableLocals.set(variable.id, local);
    }
    return local;
  }

  #localOf(value: Value): number | undefined {
    const local = this.#valueLocals[value.id] ?? 0;
    return local === 0 ? undefined : local - 1;
  }

  /** Says in which local the value is until `values` are forgotten. */
  #keep(value: Value, local: number, values: number[]): void {
    this.#valueLocals[value.id] = local + 1;
    values.push(value.id);
  }

  #forget(values: readonly number[]): void {
    for (const id of values) this.#valueLocals[id] = 0;
  }

  get #scopeValues(): number[] {
    return this.#scopes[this.#scopes.length - 1] as number[];
  }

  #withLocal(code: number, local: number): void {
    this.#out.byte(code);
    this.#out.unsigned(local);
  }

  #code(code: number): void {
    if (code < SIMD) this.#out.byte(code);
    else {
      this.#out.byte(code < ATOMIC ? 0xfd : 0xfe);
      this.#out.unsigned(code - (code < ATOMIC ? SIMD : ATOMIC));
    }
  }

  // Values.

  #value(value: Value): void {
    const out = this.#out;
    switch (value.kind) {
      case 'i32':
        out.byte(op.i32Const);
        out.signed(value.value);
        return;
      case 'v128': {
        const known = this.#localOf(value);
        if (known === undefined) {
          this.#code(op.v128Const);
          out.bytes(value.bytes);
        } else this.#withLocal(op.localGet, known);
        return;
      }
      case 'variable':
        this.#withLocal(op.localGet, this.#local(value.variable));
        return;
      case 'op':
      case 'load':
      case 'rare': {
        const known = this.#localOf(value);
        if (known !== undefined) {
          this.#withLocal(op.localGet, known);
          return;
        }
        const { args } = value;
        for (let i = 0; i < args.length; i++) this.#value(args[i] as Value);
        if (value.kind === 'rare') this.#rareCall(value);
        else {
          this.#code(value.code);
          if (value.kind === 'load') this.#memoryArgument(value.code, value.offset);
          for (let i = 0; i < value.lanes.length; i++) out.byte(value.lanes[i] as number);
        }
        if ((this.#uses[value.id] ?? 0) > 1) {
          const local = this.#newLocal(value.type);
          this.#keep(value, local, value.volatile ? this.#statementValues : this.#scopeValues);
          this.#withLocal(op.localTee, local);
        }
      }
    }
  }

  /** The arguments and the condition are on the stack: a block that takes the arguments and leaves the first of them or the result. */
  #rareCall({ target, args }: Extract<Value, { kind: 'rare' }>): void {
    const out = this.#out;
    const types = target.parameters.map(({ type }) => type);
    out.byte(op.if);
    this.#links.push({ kind: 'signature', at: out.length, parameters: types, result: target.result?.type });
    out.byte(op.call);
    this.#links.push({ kind: 'call', at: out.length, target });
    out.byte(op.else);
    for (let dropped = args.length - 2; dropped > 0; dropped--) out.byte(op.drop);
    out.byte(op.end);
  }

  #memoryArgument(code: number, offset: number): void {
    this.#out.unsigned(alignmentOf(code));
    this.#out.unsigned(offset);
  }

  /** Computes the value into a local of the scope at hand, unless one has it. */
  #materialise(value: Value): void {
    if (isTrivial(value) || this.#localOf(value) !== undefined) return;
    this.#value(value);
    if (!value.volatile && this.#localOf(value) !== undefined) {
      // The value left through a tee; its stack copy is not needed.
      this.#out.byte(op.drop);
      return;
    }
    const fresh = this.#newLocal(value.type);
    // From now on it is kept for the whole scope, also where it is volatile.
    this.#statementValues = this.#statementValues.filter((id) => id !== value.id);
    this.#keep(value, fresh, this.#scopeValues);
    this.#withLocal(op.localSet, fresh);
  }

  /** Materialises the largest parts of everything used in the statements that do not change inside the coming loop. */
  #hoist(statements: readonly Statement[]): void {
    // What was seen on every path is stamped with an even number, what was seen under a condition only with an odd one.
    const stamp = (this.#stamp += 2);
    const seen = this.#seen;
    const visit = (value: Value, conditional: boolean): void => {
      if (value.kind === 'v128') this.#hoistConstant(value);
      if (isTrivial(value)) return;
      const last = seen[value.id] ?? 0;
      if (last === stamp || (conditional && last === stamp - 1)) return;
      seen[value.id] = conditional ? stamp - 1 : stamp;
      if (value.level <= this.#level && !value.volatile && !(conditional && hasLoad(value))) this.#materialise(value);
      else for (let i = 0; i < value.args.length; i++) visit(value.args[i] as Value, conditional);
    };
    const walk = (inner: readonly Statement[], conditional: boolean): void => {
      for (const statement of inner) {
        for (const value of operands(statement)) visit(value, conditional);
        if (statement.kind === 'loop') walk(statement.body, conditional);
        else if (statement.kind === 'if') {
          walk(statement.body, true);
          walk(statement.otherwise, true);
        }
      }
    };
    walk(statements, false);
  }

  /** A constant of vectors costs V8 three instructions at each use; as a local it stays in a register or on the stack. */
  #hoistConstant(value: Extract<Value, { kind: 'v128' }>): void {
    if (this.#localOf(value) !== undefined || value.bytes.every((byte) => byte === 0)) return;
    this.#value(value);
    const local = this.#newLocal('v128');
    this.#keep(value, local, this.#scopeValues);
    this.#withLocal(op.localSet, local);
  }

  // Statements.

  #scope(emit: () => void): void {
    this.#scopes.push([]);
    emit();
    this.#forget(this.#scopes.pop() ?? []);
  }

  #statements(statements: readonly Statement[]): void {
    for (const statement of statements) {
      this.#forgetStatement();
      this.#statement(statement);
    }
    this.#forgetStatement();
  }

  #forgetStatement(): void {
    this.#forget(this.#statementValues);
    this.#statementValues = [];
  }

  #statement(statement: Statement): void {
    const out = this.#out;
    switch (statement.kind) {
      case 'loop':
        this.#loop(statement);
        return;
      case 'if':
        this.#value(statement.condition);
        out.byte(op.if);
        out.byte(0x40);
        this.#scope(() => this.#statements(statement.body));
        if (statement.otherwise.length > 0) {
          out.byte(op.else);
          this.#scope(() => this.#statements(statement.otherwise));
        }
        out.byte(op.end);
        return;
      case 'repeat':
        out.byte(op.loop);
        out.byte(0x40);
        this.#level++;
        this.#scope(() => {
          this.#statements(statement.body);
          this.#value(statement.condition);
        });
        this.#level--;
        out.byte(op.brIf);
        out.unsigned(0);
        out.byte(op.end);
        return;
      case 'atomic':
        out.byte(op.i32Const);
        out.signed(statement.address);
        for (const arg of statement.args) this.#value(arg);
        this.#code(statement.code);
        this.#memoryArgument(statement.code, 0);
        if (statement.result !== undefined) this.#withLocal(op.localSet, this.#local(statement.result));
        return;
      case 'trap':
        out.byte(op.unreachable);
        return;
      case 'set':
        this.#value(statement.value);
        this.#withLocal(op.localSet, this.#local(statement.variable));
        return;
      case 'store':
        this.#value(statement.address.base);
        this.#value(statement.value);
        this.#code(statement.code);
        this.#memoryArgument(statement.code, statement.address.offset);
        if (takesLane(statement.code)) out.byte(statement.lane ?? 0);
        return;
      case 'copy':
        for (const operand of [statement.to, statement.from, statement.bytes]) this.#value(operand);
        // memory.copy: a prefixed instruction, from memory 0 to memory 0.
        out.bytes(Uint8Array.of(0xfc, 0x0a, 0, 0));
        return;
      case 'evaluate':
        this.#materialise(statement.value);
        return;
      case 'call':
        for (const arg of statement.args) this.#value(arg);
        out.byte(op.call);
        this.#links.push({ kind: 'call', at: out.length, target: statement.target });
        return;
      case 'callAt':
        for (const arg of statement.args) this.#value(arg);
        this.#value(statement.position);
        out.byte(op.callIndirect);
        this.#links.push({ kind: 'signature', at: out.length, parameters: statement.args.map(() => 'i32'), result: undefined }); // prettier-ignore
        // Of the only table.
        out.byte(0);
        return;
      case 'note':
    }
  }

  #loop(loop: Extract<Statement, { kind: 'loop' }>): void {
    const { begin, end, step } = loop;
    const out = this.#out;
    this.#hoist(loop.body);
    this.#materialise(end);
    for (const induction of loop.inductions) this.#materialise(induction.step);
    for (const induction of loop.inductions) {
      this.#value(induction.begin);
      this.#withLocal(op.localSet, this.#local(induction.variable));
    }
    const variable = this.#local(loop.variable);
    const known =
      begin.kind === 'i32' && end.kind === 'i32' ? { begin: begin.value >>> 0, end: end.value >>> 0 } : undefined;
    if (known !== undefined && known.begin >= known.end) return;
    this.#value(begin);
    this.#withLocal(op.localSet, variable);
    if (known === undefined) {
      out.byte(op.block);
      out.byte(0x40);
      this.#withLocal(op.localGet, variable);
      this.#value(end);
      out.byte(op.i32GeU);
      out.byte(op.brIf);
      out.unsigned(0);
    }
    const once = known !== undefined && known.begin + step >= known.end;
    if (!once) {
      out.byte(op.loop);
      out.byte(0x40);
    }
    this.#level++;
    this.#scope(() => this.#statements(loop.body));
    this.#level--;
    if (!once) {
      for (const induction of loop.inductions) {
        const local = this.#local(induction.variable);
        this.#withLocal(op.localGet, local);
        this.#value(induction.step);
        out.byte(op.i32Add);
        this.#withLocal(op.localSet, local);
      }
      this.#withLocal(op.localGet, variable);
      out.byte(op.i32Const);
      out.signed(step);
      out.byte(op.i32Add);
      this.#withLocal(op.localTee, variable);
      this.#value(end);
      out.byte(op.i32LtU);
      out.byte(op.brIf);
      out.unsigned(0);
      out.byte(op.end);
    }
    if (known === undefined) out.byte(op.end);
  }
}

const loadsInside = new WeakMap<Value, boolean>();

function hasLoad(value: Value): boolean {
  if (value.kind === 'load') return true;
  if (isTrivial(value)) return false;
  let known = loadsInside.get(value);
  if (known === undefined) {
    known = value.args.some(hasLoad);
    loadsInside.set(value, known);
  }
  return known;
}
