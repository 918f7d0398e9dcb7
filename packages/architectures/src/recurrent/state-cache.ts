import type { TextCache } from '@hebb/layers';
import { assign, indexSelect, tensor, variable, type Tensor } from '@hebb/tensor';
import type { RecurrentState } from './cell.ts';

/** The state behind what a recurrent network has read of texts that are being written: what keys and values are to attention, of one size however long the texts become. */
export class StateCache implements TextCache {
  readonly #state: RecurrentState;
  readonly #batchAxis: number;
  #lengths: Tensor | undefined;

  /**
   * @param batchAxis - of the state: 1 of a layer, [layers, batch, hidden]; 0 of a cell, [batch, hidden].
   * @param hasLengths - whether the network asks for {@link lengths}, so that texts of different lengths can be read at once. Default false.
   */
  constructor(state: RecurrentState, batchAxis: 0 | 1, hasLengths = false) {
    this.#state = mapState(state, (part) => variable(part));
    this.#batchAxis = batchAxis;
    if (hasLengths)
      this.padded = (lengths, read) => {
        this.#lengths = tensor(Int32Array.from(lengths));
        try {
          return read();
        } finally {
          this.#lengths = undefined;
        }
      };
  }

  /** The state now. */
  read(): RecurrentState {
    return this.#state;
  }

  /** The state behind what was read last. */
  write(state: RecurrentState): void {
    const [held, next] = [partsOf(this.#state), partsOf(state)];
    held.forEach((part, i) => assign(part, next[i] ?? part));
  }

  /** Of texts of different lengths what is read while `read` runs has ends of its own: {@link lengths}. Only for networks that ask for them. */
  padded?: <T>(lengths: readonly number[], read: () => T) => T;

  /** Of the texts that are being read, int32[batch]; undefined where all are as long as they look. */
  get lengths(): Tensor | undefined {
    return this.#lengths;
  }

  reorder(from: readonly number[]): void {
    const order = tensor(Int32Array.from(from));
    this.write(mapState(this.#state, (part) => indexSelect(part, this.#batchAxis, order)));
  }
}

/** The state of one text, for so many that begin alike. */
export function repeatState(state: RecurrentState, batch: number, batchAxis: 0 | 1): RecurrentState {
  return mapState(state, (part) =>
    part.broadcastTo(part.shape.map((size, axis) => (axis === batchAxis ? batch : size))),
  );
}

function mapState(state: RecurrentState, make: (part: Tensor) => Tensor): RecurrentState {
  return 'hidden' in state ? { hidden: make(state.hidden), cell: make(state.cell) } : make(state);
}

const partsOf = (state: RecurrentState): readonly Tensor[] =>
  'hidden' in state ? [state.hidden, state.cell] : [state];
