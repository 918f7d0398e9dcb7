/** What a musician counts while playing: what is left of the bar, and the bars of the part. */
import { durationOf, isBar, isPlainBar, isTriplet, metreOf, tripletMark } from './abc.ts';

/** What is left of a bar, in ninety-sixths of a whole note, goes up to a bar of 3/2; one more stands for a bar that is too long. */
export const mostLeft = 144;
export const mostBars = 31;

/** Reads words, one after the other. */
export class Count {
  #metre = 0;
  #sounded = 0;
  #bar = 0;
  #triplet = 0;
  #last = '';

  /** 0 … mostLeft, or mostLeft + 1 where more has sounded than fits. */
  get left(): number {
    const left = this.#metre - this.#sounded;
    return left < 0 ? mostLeft + 1 : Math.min(left, mostLeft);
  }

  /** Bar lines since the part began, an upbeat's among them. */
  get bar(): number {
    return Math.min(this.#bar, mostBars);
  }

  read(word: string): void {
    this.#metre ||= metreOf(word);
    if (isTriplet(word)) this.#triplet = 3;
    const duration = durationOf(word);
    if (duration > 0 && word.endsWith(tripletMark)) this.#triplet--;
    this.#sounded += duration;
    if (isBar(word)) {
      this.#bar = isPlainBar(word) ? this.#bar + 1 : 0;
      this.#sounded = 0;
    }
    this.#last = word;
  }

  /** Whether a tune may go on with a word; the empty one is its end. */
  allows(word: string): boolean {
    const { left } = this;
    if (this.#metre === 0) return metreOf(word) > 0;
    if (this.#last.startsWith('M:')) return word.startsWith('K:');
    if (/^[MK]:/.test(word)) return false;
    if (word === '') return isBar(this.#last) && !isPlainBar(this.#last) && this.#last !== '|:';
    if (this.#triplet > 0 && (isBar(word) || isTriplet(word))) return false;
    if (isBar(word)) {
      if (left === 0 || !isPlainBar(word)) return true;
      // An upbeat, the first bar of a part.
      return this.#bar === 0 && this.#sounded > 0 && this.#sounded < this.#metre;
    }
    const duration = durationOf(word);
    // Three eighths in the time of two.
    if (isTriplet(word)) return left >= 24;
    if (word === '-') return durationOf(this.#last) > 0;
    if (duration === 0) return left > 0;
    return duration <= left && word.endsWith(tripletMark) === this.#triplet > 0;
  }
}
