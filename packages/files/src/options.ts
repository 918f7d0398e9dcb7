/** What every function takes, and whether they work here. Apart from node.ts, since not every user has Node's types. */
import { findNode } from './node.ts';

export interface FileOptions {
  /** What to do in a browser instead: the hint of the error there. Default: how to read or offer bytes. */
  readonly instead?: string;
}

/** Whether this program runs where there are files: in Node, Deno or Bun, not in a browser. */
export function hasFiles(): boolean {
  return findNode() !== undefined;
}
