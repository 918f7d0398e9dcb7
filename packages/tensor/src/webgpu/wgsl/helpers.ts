/** Helper functions of the shaders, by family: each has its text, and names what it needs of its own family and of those below. */
interface Helper<Name extends string> {
  readonly needs: readonly Name[];
  readonly text: string;
}

export type Helpers<Own extends string, Below extends string = never> = Readonly<Record<Own, Helper<Own | Below>>>;
