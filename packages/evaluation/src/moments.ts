/** Mean and spread of numbers that come one by one, or in parts (Chan, Golub and LeVeque 1979). */
import { Sum } from './sum.ts';

export class Moments {
  #weight = 0;
  #mean = 0;
  readonly #squares = new Sum();

  add(value: number, weight: number): void {
    this.#take(value, weight, 0);
  }

  merge(other: Moments): void {
    if (other.#weight > 0) this.#take(other.#mean, other.#weight, other.#squares.value);
  }

  #take(mean: number, weight: number, squares: number): void {
    const total = this.#weight + weight;
    const difference = mean - this.#mean;
    this.#squares.add(squares);
    this.#squares.add((difference * difference * this.#weight * weight) / total);
    this.#mean += (difference * weight) / total;
    this.#weight = total;
  }

  get weight(): number {
    return this.#weight;
  }

  get mean(): number {
    return this.#mean;
  }

  /** Σ w (value − mean)² */
  get squares(): number {
    return this.#squares.value;
  }
}
