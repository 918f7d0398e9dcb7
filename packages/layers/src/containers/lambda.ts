import { ArgumentError, type Tensor } from '@hebb/tensor';
import {
  checkOptions,
  describe,
  requireFunction,
  requirePlain,
  requireString,
  type OptionNames,
} from '@hebb/tensor/arguments';
import type { ModuleConfig, ModuleType } from '../module/build.ts';
import { placeOf } from '../module/known.ts';
import { Module, type AnyModule } from '../module/module.ts';

export interface LambdaOptions {
  /** By which a configuration knows the function; see {@link Lambda.of}. */
  name?: string;
}

const lambdaOptions: OptionNames<LambdaOptions> = { name: requireString };

/**
 * A function as a layer: y = f(x), in a Sequential, say. It has no parameters. What f closes over is no part of the model: functions with weights are classes
 * that extend Module.
 *
 * JSON holds no functions. So a configuration has the name of one alone, and who builds the model again gives the functions of these names:
 *
 * ```ts
 * const double = (x: Tensor): Tensor => x.mul(2);
 * const model = new Sequential(new Linear(4, 4), new Lambda(double, { name: 'double' }));
 * const again = fromConfig(model.config(), { Lambda: Lambda.of({ double }) });
 * again.forward(zeros([2, 4])).shape;  // [2, 4]
 * ```
 *
 * Its `config()` throws {@link ArgumentError} where it has no name, and `fromConfig` where no function of that name is given.
 */
export class Lambda<Inputs extends readonly unknown[] = [x: Tensor], Output = Tensor> extends Module<Inputs, Output> {
  static override readonly type: string = 'Lambda';

  readonly function: (...inputs: Inputs) => Output;
  readonly name: string | undefined;

  constructor(f: (...inputs: Inputs) => Output, options: LambdaOptions = {}) {
    super();
    requireFunction('Lambda', 'the function', f);
    checkOptions('Lambda', options, lambdaOptions);
    this.function = f;
    this.name = options.name;
  }

  /** For `fromConfig(config, { Lambda: Lambda.of({ double, halve }) })`: the class, with functions by the names that configurations have. */
  static of(functions: Readonly<Record<string, (...inputs: never[]) => unknown>>): ModuleType {
    requirePlain('Lambda.of', 'the functions', functions);
    for (const [name, f] of Object.entries<unknown>(functions)) requireFunction('Lambda.of', name, f);
    return class extends Lambda<never, unknown> {
      static override readonly type: string = 'Lambda';

      static override fromConfig({ name }: ModuleConfig): AnyModule {
        const f = typeof name === 'string' && Object.hasOwn(functions, name) ? functions[name] : undefined;
        if (f === undefined) throw unknownFunction(name, Object.keys(functions));
        return new this(f, { name: name as string });
      }
    };
  }

  /** Throws {@link ArgumentError}: see {@link Lambda.of}. */
  static fromConfig({ name }: ModuleConfig): AnyModule {
    throw unknownFunction(name, []);
  }

  forward(...inputs: Inputs): Output {
    return this.function(...inputs);
  }

  override config(): ModuleConfig {
    if (this.name === undefined)
      throw new ArgumentError(`[config] ${placeOf(this)} is a function, which JSON cannot hold.`, {
        hint: "Give it a name, new Lambda(f, { name: 'double' }), and fromConfig the function: fromConfig(config, { Lambda: Lambda.of({ double: f }) }).",
      });
    return { ...super.config(), name: this.name };
  }

  override describe(): string {
    return this.name === undefined ? super.describe() : `${super.describe()} ${this.name}`;
  }
}

function unknownFunction(name: unknown, known: readonly string[]): ArgumentError {
  return new ArgumentError(
    `[fromConfig] a Lambda has the function ${describe(name)}, which ${known.length === 0 ? 'was not given' : `is none of those given: ${known.join(', ')}`}.`,
    { hint: `Pass it: fromConfig(config, { Lambda: Lambda.of({ ${typeof name === 'string' ? name : 'double'} }) }).` },
  );
}
