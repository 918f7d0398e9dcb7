/**
 * The inner part of every contraction: C (+)= A · B on packed panels, in tiles of 4×8 that stay in registers (K. Goto, R. van de Geijn,
 * "Anatomy of high-performance matrix multiplication", 2008). One function serves all contractions of a module. A is packed in
 * panels of 4 rows ([k][4]), B in panels of 8 columns ([k][8]); C is scratch, padded to whole tiles, so that no edge needs care here.
 */
import { FunctionBuilder } from './function-builder.ts';
import type { WasmFunction } from './ir.ts';
import { multiplyAdd } from './math.ts';
import { op } from './opcodes.ts';

export const TILE_ROWS = 4;
export const TILE_COLUMNS = 8;
/** Rows of A that stay in the second-level cache while all of B passes by. */
const ROW_BLOCK = 64;

/** gemm(a, b, c, rows, columns, k, bytes between rows of c, whether to add to c); rows and columns are rounded up to tiles. */
export function buildGemm(relaxed: boolean): WasmFunction {
  const fb = new FunctionBuilder('gemm');
  const context = { fb, relaxed };
  const a = fb.parameter('a');
  const b = fb.parameter('b');
  const c = fb.parameter('c');
  const rows = fb.parameter('rows');
  const columns = fb.parameter('columns');
  const k = fb.parameter('k');
  const stride = fb.parameter('stride');
  const add = fb.parameter('add');
  const accumulators = Array.from({ length: TILE_ROWS * 2 }, (_, i) => fb.variable(`c${i >> 1}${i & 1}`, 'v128'));
  fb.note(`tiles of ${TILE_ROWS}×${TILE_COLUMNS}, ${relaxed ? 'relaxed_madd' : 'mul and add'}`);
  fb.loop(fb.i32(0), rows, { role: 'tile', name: 'rowBlock', step: ROW_BLOCK }, (rowBlock) => {
    const rowEnd = fb.minimum(fb.add(rowBlock, ROW_BLOCK), rows);
    fb.loop(fb.i32(0), columns, { role: 'tile', name: 'column', step: TILE_COLUMNS }, (column) => {
      const bPanel = fb.add(b, fb.mul(fb.mul(column, k), 4));
      fb.loop(rowBlock, rowEnd, { role: 'tile', name: 'row', step: TILE_ROWS }, (row) => {
        const aPanel = fb.add(a, fb.mul(fb.mul(row, k), 4));
        const tile = fb.add(fb.add(c, fb.mul(column, 4)), fb.mul(row, stride));
        const rowAddresses = [0, 1, 2, 3].map((i) => (i === 0 ? tile : fb.add(tile, fb.mul(stride, i))));
        const forEachAccumulator = (visit: (i: number, address: { base: typeof tile; offset: number }) => void): void =>
          accumulators.forEach((_, i) => visit(i, { base: rowAddresses[i >> 1] ?? tile, offset: 16 * (i & 1) }));
        fb.if(
          add,
          () => forEachAccumulator((i, address) => setAt(i, fb.load(op.v128Load, address, true))),
          () => forEachAccumulator((i) => setAt(i, fb.f32x4(0))),
        );
        fb.loop(
          aPanel,
          fb.add(aPanel, fb.mul(k, 4 * TILE_ROWS)),
          { role: 'reduce', name: 'k', step: 4 * TILE_ROWS, inductions: [{ begin: bPanel, step: 4 * TILE_COLUMNS }] },
          (left, [right = left]) => {
            const columnsOfB = [0, 16].map((offset) => fb.load(op.v128Load, { base: right, offset }));
            for (let i = 0; i < TILE_ROWS; i++) {
              const splat = fb.load(op.v128Load32Splat, { base: left, offset: 4 * i });
              columnsOfB.forEach((vector, j) => {
                const accumulator = accumulators[2 * i + j];
                if (accumulator !== undefined)
                  fb.set(accumulator, multiplyAdd(context, splat, vector, fb.get(accumulator)));
              });
            }
          },
        );
        forEachAccumulator((i, address) => {
          const accumulator = accumulators[i];
          if (accumulator !== undefined) fb.store(op.v128Store, address, fb.get(accumulator));
        });
      });
    });
  });
  return fb.finish();

  function setAt(i: number, value: ReturnType<typeof fb.f32x4>): void {
    const accumulator = accumulators[i];
    if (accumulator !== undefined) fb.set(accumulator, value);
  }
}
