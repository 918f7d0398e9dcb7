/** Imports a package that may not be installed. */
export declare function importOptional(specifier: string): Promise<unknown>;
