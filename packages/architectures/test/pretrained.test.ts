/** Models as publishers have them, in files of their names, buffers and precisions (tools/golden/architectures_published.py), beside PyTorch's logits. */
import { encodeSafetensors, readSafetensors, type FileSource, type StateDict } from '@hebb/layers';
import { arange, ArgumentError, ones, randn, setDevice, ShapeError, tensor, zeros, type Tensor } from '@hebb/tensor';
import { readFile } from '@hebb/files';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, golden, type Stored } from '../../tensor/test/support/golden.ts';
import { Bert, BertForPreTraining, GPT2, Llama } from '../src/index.ts';

beforeAll(() => setDevice('wasm'));

const root = new URL('./golden/published/', import.meta.url);
const outputs = golden(new URL('outputs.json', root)) as Record<string, { inputs: Stored[]; outputs: Record<string, Stored> }>; // prettier-ignore
const folder = (name: string): URL => new URL(name, root);

const inputsOf = (name: string): Tensor[] =>
  (outputs[name]?.inputs ?? []).map(({ shape, data }) => tensor(Int32Array.from(data as number[]), { shape }));

async function expectPublished(name: string, result: Readonly<Record<string, Tensor | undefined>>): Promise<void> {
  const expected = outputs[name]?.outputs ?? {};
  expect(Object.keys(result)).toEqual(Object.keys(expected));
  for (const [key, value] of Object.entries(expected)) await expectClose(result[key] as Tensor, value, key);
}

describe('as published', () => {
  it('GPT-2 without prefix and head, with masks, gives the logits of PyTorch', async () => {
    const model = await GPT2.fromPretrained(folder('gpt2'));
    expect(model.options).toEqual({ vocabulary: 11, contextLength: 10, width: 8, layers: 2, heads: 2, dropout: 0.1 });
    expect(model.training).toBe(false);
    const [ids] = inputsOf('gpt2') as [Tensor];
    await expectPublished('gpt2', { output: model.forward(ids) });
  });

  it('BERT with gamma, beta and the heads of its pretraining does', async () => {
    const model = await BertForPreTraining.fromPretrained(folder('bert'));
    const [ids, lengths, segments] = inputsOf('bert') as [Tensor, Tensor, Tensor];
    await expectPublished('bert', { ...model.forward(ids, lengths, segments) });
  });

  it('BERT for classes does', async () => {
    const model = await Bert.fromPretrained(folder('bert-classes'));
    const [ids, lengths, segments] = inputsOf('bert-classes') as [Tensor, Tensor, Tensor];
    await expectPublished('bert-classes', { output: model.forward(ids, lengths, segments) });
  });

  it('LLaMA in several files of bfloat16, with the speeds of its angles, does', async () => {
    const model = await Llama.fromPretrained(folder('llama'));
    expect(model.options).toMatchObject({ keyValueHeads: 2, rotaryBase: 500, tied: false });
    const [ids] = inputsOf('llama') as [Tensor];
    await expectPublished('llama', { output: model.forward(ids) });
  });

  it('LLaMA of float16, whose head is the table of tokens, does', async () => {
    const model = await Llama.fromPretrained(folder('llama-tied'));
    expect(model.parameters().every(({ dtype }) => dtype === 'float32')).toBe(true);
    const [ids] = inputsOf('llama-tied') as [Tensor];
    await expectPublished('llama-tied', { output: model.forward(ids) });
  });
});

/** The files of a folder, as a page has them, some of them others. */
function files(
  name: string,
  others: Readonly<Record<string, FileSource | undefined>> = {},
): (file: string) => Promise<FileSource | undefined> {
  // prettier-ignore
  return async (file) =>
    file in others ? others[file] : readFile(new URL(`${name}/${file}`, root)).catch(() => undefined);
}

const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

async function configOf(name: string, changes: object): Promise<Uint8Array> {
  const config = JSON.parse(new TextDecoder().decode(await readFile(new URL(`${name}/config.json`, root)))) as object;
  return text({ ...config, ...changes });
}

async function stateOf(name: string, change: (state: StateDict) => void): Promise<Uint8Array> {
  const state = await readSafetensors(new URL(`${name}/model.safetensors`, root));
  change(state);
  return encodeSafetensors(state);
}

describe('files by their names', () => {
  it('bytes, Blobs and a sharded index load where there are no folders', async () => {
    const model = await Llama.fromPretrained(files('llama'));
    const [ids] = inputsOf('llama') as [Tensor];
    await expectPublished('llama', { output: model.forward(ids) });
    const blob = async (file: string): Promise<Blob | undefined> => {
      const bytes = (await files('gpt2')(file)) as Uint8Array<ArrayBuffer> | undefined;
      return bytes && new Blob([bytes]);
    };
    const gpt2 = await GPT2.fromPretrained(blob);
    await expectPublished('gpt2', { output: gpt2.forward(inputsOf('gpt2')[0] as Tensor) });
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ['no config.json', () => GPT2.fromPretrained(files('gpt2', { 'config.json': undefined })), 'there is no config.json'],
    ['no weights', () => GPT2.fromPretrained(files('gpt2', { 'model.safetensors': undefined })), 'neither model.safetensors nor'],
    ['a file of the index that is not there', () => Llama.fromPretrained(files('llama', { 'model-00002-of-00002.safetensors': undefined })), 'there is no model-00002-of-00002.safetensors'],
    ['a config.json that is none', () => GPT2.fromPretrained(files('gpt2', { 'config.json': new Uint8Array([123]) })), 'config.json is not JSON'],
    ['a list in its place', () => GPT2.fromPretrained(files('gpt2', { 'config.json': text([]) })), 'holds no object'],
    ['a folder that is not there', () => GPT2.fromPretrained(folder('gpt3')), 'gpt3'],
    ['a number in its place', () => GPT2.fromPretrained(5 as unknown as string), 'a folder, or a function'],
    ['what are no bytes', () => GPT2.fromPretrained(() => 5 as unknown as string), '[GPT2.fromPretrained] config.json must be bytes, a Blob or a path'],
    ['an unknown option', () => GPT2.fromPretrained(folder('gpt2'), { drop: 1 } as object), 'drop'],
  ])('%s is one clear error', async (_name, call, message) => {
    await expect(call()).rejects.toThrow(message);
  }); // prettier-ignore
});

describe('what is another network is refused by its name', () => {
  it.each<[string, { fromPretrained(given: ReturnType<typeof files>): Promise<unknown> }, object, string]>([
    ['gpt2', GPT2, { model_type: 'gpt_neo' }, 'model_type is "gpt_neo", not "gpt2"'],
    ['gpt2', GPT2, { activation_function: 'relu' }, 'activation_function'],
    ['gpt2', GPT2, { scale_attn_by_inverse_layer_idx: true }, 'scale_attn_by_inverse_layer_idx'],
    ['gpt2', GPT2, { n_inner: 9 }, 'n_inner is 9, not null or 32'],
    ['gpt2', GPT2, { n_head: '2' }, 'n_head of config.json is "2"; it must be a number'],
    ['gpt2', GPT2, { n_head: 3 }, 'heads 3 does not divide width 8'],
    ['gpt2', GPT2, { attn_pdrop: 0.2 }, 'attn_pdrop is 0.2; here they are one'],
    ['gpt2', GPT2, { n_layer: 3 }, 'transformer.h.2.ln_1.weight is missing'],
    ['gpt2', GPT2, { n_layer: 1 }, 'h.1.attn.c_attn.weight is nothing that there is here'],
    ['llama', Llama, { rope_scaling: { rope_type: 'llama3', factor: 8 } }, 'rope_scaling'],
    ['llama', Llama, { rope_parameters: { rope_type: 'llama3', rope_theta: 500 } }, 'rope_type is "llama3"'],
    ['llama', Llama, { attention_bias: true }, 'attention_bias'],
    ['llama', Llama, { head_dim: 16 }, 'head_dim'],
    ['llama', Llama, { tie_word_embeddings: true }, 'lm_head.weight is another than model.embed_tokens.weight'],
    ['bert', BertForPreTraining, { position_embedding_type: 'relative_key' }, 'position_embedding_type'],
    ['bert', BertForPreTraining, { hidden_act: 'gelu_new' }, 'hidden_act'],
  ])('%s %#: %o', async (name, network, changes, message) => {
    await expect(network.fromPretrained(files(name, { 'config.json': await configOf(name, changes) }))).rejects.toThrow(message);
  }); // prettier-ignore

  it.each<[string, (state: StateDict) => void, string]>([
    ['a name that is not known', (state) => state.set('h.0.attn.q_norm.weight', ones([8])), 'h.0.attn.q_norm.weight is nothing'],
    ['a mask that sees what comes', (state) => state.set('h.1.attn.bias', ones([1, 1, 10, 10])), 'h.1.attn.bias is not a causal mask'],
    ['a weight that is missing', (state) => state.delete('ln_f.bias'), 'transformer.ln_f.bias is missing'],
    ['a name with its prefix and without', (state) => state.set('transformer.ln_f.bias', ones([8])), 'ln_f.bias is there twice'],
    ['a head of its own', (state) => state.set('lm_head.weight', randn([11, 8])), 'lm_head.weight is another than transformer.wte.weight'],
    ['integers', (state) => state.set('ln_f.bias', zeros([8], { dtype: 'int32' })), 'ln_f.bias is'],
  ])('%s', async (_name, change, message) => {
    const wrong = GPT2.fromPretrained(files('gpt2', { 'model.safetensors': await stateOf('gpt2', change) }));
    await expect(wrong).rejects.toThrow(ArgumentError);
    await expect(wrong).rejects.toThrow(message);
  }); // prettier-ignore

  it('a weight of another shape', async () => {
    const bytes = await stateOf('gpt2', (state) => state.set('ln_f.bias', ones([9])));
    await expect(GPT2.fromPretrained(files('gpt2', { 'model.safetensors': bytes }))).rejects.toThrow(ShapeError);
  });

  it('speeds of angles of another base', async () => {
    const bytes = await stateOf('llama-tied', (state) =>
      state.set('model.layers.0.self_attn.rotary_emb.inv_freq', tensor([1, 0.2])),
    );
    const wrong = Llama.fromPretrained(files('llama-tied', { 'model.safetensors': bytes }));
    await expect(wrong).rejects.toThrow('inv_freq is not the speeds of angles of the base 10000');
  });
});

describe('names that mean the same', () => {
  it('GPT-2 with its prefix, its head written out and the mask of the first versions', async () => {
    const [ids] = inputsOf('gpt2') as [Tensor];
    const bytes = await stateOf('gpt2', (state) => {
      for (const [name, value] of [...state]) {
        state.delete(name);
        state.set(`transformer.${name}`, value);
      }
      state.set('lm_head.weight', state.get('transformer.wte.weight') as Tensor);
      state.set('transformer.h.0.attn.masked_bias', tensor(-1e4));
    });
    const model = await GPT2.fromPretrained(files('gpt2', { 'model.safetensors': bytes }), { dropout: 0 });
    expect(model.options.dropout).toBe(0);
    await expectPublished('gpt2', { output: model.forward(ids) });
  });

  it('LLaMA without its prefix', async () => {
    const bytes = await stateOf('llama-tied', (state) => {
      for (const [name, value] of [...state]) {
        state.delete(name);
        state.set(name.replace(/^model\./, ''), value);
      }
    });
    const model = await Llama.fromPretrained(files('llama-tied', { 'model.safetensors': bytes }));
    await expectPublished('llama-tied', { output: model.forward(inputsOf('llama-tied')[0] as Tensor) });
  });

  it('BERT without its prefix', async () => {
    const bytes = await stateOf('bert-classes', (state) => {
      for (const [name, value] of [...state]) {
        state.delete(name);
        state.set(name.replace(/^bert\./, ''), value);
      }
      state.set('embeddings.position_ids', arange(10).to('int32').unsqueeze(0));
    });
    const model = await Bert.fromPretrained(files('bert-classes', { 'model.safetensors': bytes }));
    const [ids, lengths, segments] = inputsOf('bert-classes') as [Tensor, Tensor, Tensor];
    await expectPublished('bert-classes', { output: model.forward(ids, lengths, segments) });
  });
});

describe('a body under other heads', () => {
  it('BERT begins with a new head for classes where it is told how many, and only then', async () => {
    await expect(Bert.fromPretrained(folder('bert'))).rejects.toThrow('no classifier.weight');
    const model = await Bert.fromPretrained(folder('bert'), { classes: 4 });
    const whole = await BertForPreTraining.fromPretrained(folder('bert'));
    const [ids, lengths] = inputsOf('bert') as [Tensor, Tensor];
    expect(model.forward(ids).shape).toEqual([2, 4]);
    expect(await model.encode(ids, lengths).toArray()).toEqual(await whole.bert.forward(ids, lengths).toArray());
    await expect(Bert.fromPretrained(folder('bert-classes'), { classes: 4 })).rejects.toThrow('for 3 classes, not 4');
  });

  it('a masked language model has no pooler, and one in the file is left alone', async () => {
    for (const pooled of [true, false]) {
      const bytes = await stateOf('bert', (state) => {
        for (const name of [...state.keys()])
          if (name.startsWith('cls.seq_relationship') || (!pooled && name.startsWith('bert.pooler')))
            state.delete(name);
      });
      const model = await BertForPreTraining.fromPretrained(files('bert', { 'model.safetensors': bytes }));
      const { predictions, ...others } = model.forward(...(inputsOf('bert') as [Tensor, Tensor, Tensor]));
      await expectClose(predictions, outputs['bert']?.outputs['predictions'] as Stored, 'predictions');
      expect(others).toEqual({});
    }
  });

  it('BERT for classes has no use for a file of another kind', async () => {
    const wrong = BertForPreTraining.fromPretrained(folder('bert-classes'));
    await expect(wrong).rejects.toThrow('cls.predictions.bias is missing');
    await expect(wrong).rejects.toThrow('classifier.weight is nothing that there is here');
  });
});
