/**
 * The inner part of every contraction: C (+)= A · B on packed panels, in tiles that stay in registers (K. Goto, R. van de Geijn,
 * "Anatomy of high-performance matrix multiplication", 2008). One function serves all contractions of a module with the same tile. A is packed in
 * panels of a tile's rows ([k][rows]), B in panels of its columns ([k][columns]); C is scratch, padded to whole tiles, so that no edge needs care here.
 * Every element of C is one sum along k in order, so that its bits do not depend on the tile.
 */
import { FunctionBuilder } from './function-builder.ts';
import type { Value, Variable, WasmFunction } from './ir.ts';
import { multiplyAdd, type MathContext } from './math.ts';
import { op } from './opcodes.ts';

/** Rows and columns of C that are computed at a time. */
export interface Tile {
  readonly rows: 4 | 6;
  readonly columns: 8 | 16;
}

/** Lanes of a panel. */
export type PanelWidth = Tile['rows'] | Tile['columns'];

/** Whether B is packed as A is, or read at windows. */
export type GemmKind = 'packed' | 'windows';

/** Rows of A that stay in the second-level cache while all of B passes by: about as many, whole tiles. */
const ROW_BLOCK = 132;

/**
 * gemm(a, b, c, rows, columns, k, bytes between rows of c, whether to add to c); rows and columns are rounded up to tiles. Of windows B is not packed: its row for each term of a sum begins as many
 * bytes from b as the table `terms` says, one more argument.
 */
export function buildGemm(relaxed: boolean, tile: Tile, kind: GemmKind): WasmFunction {
  const fb = new FunctionBuilder(kind === 'packed' ? 'gemm' : 'windows');
  const context = { fb, relaxed };
  const a = fb.parameter('a');
  const b = fb.parameter('b');
  const c = fb.parameter('c');
  const rows = fb.parameter('rows');
  const columns = fb.parameter('columns');
  const k = fb.parameter('k');
  const stride = fb.parameter('stride');
  const add = fb.parameter('add');
  const terms = kind === 'packed' ? undefined : fb.parameter('terms');
  const accumulators = tileAccumulators(fb, tile);
  const rowStep = Math.floor(ROW_BLOCK / tile.rows) * tile.rows;
  fb.note(
    `tiles of ${tile.rows}×${tile.columns}${kind === 'packed' ? '' : ' over windows'}, ${relaxed ? 'relaxed_madd' : 'mul and add'}`,
  );
  fb.loop(fb.i32(0), rows, { role: 'tile', name: 'rowBlock', step: rowStep }, (rowBlock) => {
    const rowEnd = fb.minimum(fb.add(rowBlock, rowStep), rows);
    fb.loop(fb.i32(0), columns, { role: 'tile', name: 'column', step: tile.columns }, (column) => {
      const right: RightOperand =
        terms === undefined
          ? { panel: fb.add(b, fb.mul(fb.mul(column, k), 4)) }
          : { window: fb.add(b, fb.mul(column, 4)), terms };
      fb.loop(rowBlock, rowEnd, { role: 'tile', name: 'row', step: tile.rows }, (row) => {
        const aPanel = fb.add(a, fb.mul(fb.mul(row, k), 4));
        const corner = fb.add(fb.add(c, fb.mul(column, 4)), fb.mul(row, stride));
        const addresses = accumulators.flatMap((vectors, i) => {
          const base = fb.add(corner, fb.mul(stride, i));
          return vectors.map((accumulator, j) => ({ accumulator, address: { base, offset: 16 * j } }));
        });
        fb.if(
          add,
          () =>
            addresses.forEach(({ accumulator, address }) => fb.set(accumulator, fb.load(op.v128Load, address, true))),
          () => addresses.forEach(({ accumulator }) => fb.set(accumulator, fb.f32x4(0))),
        );
        emitTile(context, tile, accumulators, aPanel, right, k);
        for (const { accumulator, address } of addresses) fb.store(op.v128Store, address, fb.get(accumulator));
      });
    });
  });
  return fb.finish();
}

/** Columns of B: a packed panel, or what a table says of a window. */
type RightOperand = { readonly panel: Value } | { readonly window: Value; readonly terms: Value };

/** The vectors of each row of a tile. */
export function tileAccumulators(fb: FunctionBuilder, { rows, columns }: Tile): readonly (readonly Variable[])[] {
  return Array.from({ length: rows }, (_, i) =>
    Array.from({ length: columns / 4 }, (__, j) => fb.variable(`c${i}${j}`, 'v128')),
  );
}

/**
 * Terms of a sum for each turn of the inner loop. Counting and jumping take ports that some processors multiply on: one thread of a Xeon reaches 85 of 96 GFLOP/s with one term in tiles of
 * 6×16 whose vectors are packed in pairs, 91 with two, 92 with eight. In tiles of 4×8 one term is at the limit.
 */
const termsAtOnce = ({ columns }: Tile): 1 | 2 => (columns === 16 ? 2 : 1);

/** Adds the product of a panel of `k` columns and of `k` rows to the accumulators. */
export function emitTile(
  context: MathContext,
  tile: Tile,
  accumulators: readonly (readonly Variable[])[],
  aPanel: Value,
  b: RightOperand,
  k: Value,
): void {
  const { fb } = context;
  const { rows, columns } = tile;
  const terms = termsAtOnce(tile);
  const leftBytes = 4 * rows;
  const [rightStart, rightBytes] = 'panel' in b ? [b.panel, 4 * columns] : [b.terms, 4];
  /** Adds a term, so many after the one at `left` and `next`. */
  const addTerm = (left: Value, next: Value, term: number): void => {
    const right =
      'panel' in b
        ? { base: next, offset: term * rightBytes }
        : { base: fb.add(b.window, fb.load(op.i32Load, { base: next, offset: term * rightBytes })), offset: 0 };
    // Neighbours in memory that do the same: V8 packs pairs of them into vectors of twice the width where it is allowed to.
    const columnsOfB = Array.from({ length: columns / 4 }, (_, j) =>
      fb.load(op.v128Load, { base: right.base, offset: right.offset + 16 * j }),
    );
    accumulators.forEach((vectors, i) => {
      const splat = fb.load(op.v128Load32Splat, { base: left, offset: term * leftBytes + 4 * i });
      vectors.forEach((accumulator, j) =>
        fb.set(accumulator, multiplyAdd(context, splat, columnsOfB[j] ?? splat, fb.get(accumulator))),
      );
    });
  };
  const rest = terms === 1 ? fb.i32(0) : fb.op(op.i32And, k, fb.i32(1));
  const whole = fb.sub(k, rest);
  const leftEnd = fb.add(aPanel, fb.mul(whole, leftBytes));
  fb.loop(
    aPanel,
    leftEnd,
    {
      role: 'reduce',
      name: 'k',
      step: terms * leftBytes,
      inductions: [{ begin: rightStart, step: terms * rightBytes }],
    },
    (left, [next = left]) => {
      for (let term = 0; term < terms; term++) addTerm(left, next, term);
    },
  );
  fb.if(rest, () => addTerm(leftEnd, fb.add(rightStart, fb.mul(whole, rightBytes)), 0));
}
