/** A data set for the public trainers: what is written, and that the scripts do with it what they say, up to the trainers themselves. */
import { execFile } from 'node:child_process'
import { chmod, glob, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadWorld } from '../../engine/data/world/world.ts'
import { writeWorldFolder } from '../../engine/data/quadruplets.ts'
import { tandem } from './testing.ts'

const run = promisify(execFile)
let root: string
const at = (...names: string[]): string => join(root, ...names)
const text = (...names: string[]): Promise<string> => readFile(at(...names), 'utf8')
let made: { path: string; rows: number; edits: number; files: string[] }

/** Programs that write down where they were called and how. */
async function recorders(...names: string[]): Promise<NodeJS.ProcessEnv> {
  await mkdir(at('bin'), { recursive: true })
  for (const name of names) {
    await writeFile(at('bin', name), `#!/bin/sh\necho "${name}|$PWD|$*" >> "${at('calls')}"\n`)
    await chmod(at('bin', name), 0o755)
  }
  await rm(at('calls'), { force: true })
  return { ...process.env, PATH: `${at('bin')}:${process.env['PATH'] ?? ''}` }
}
const calls = async (): Promise<string[]> => (await text('calls')).trimEnd().split('\n')

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-cluster-'))
  await writeWorldFolder(await loadWorld(), { seed: 3, counts: { train: 24, val: 3, test: 3 } }, at('set'))
  const { code, out, err } = await tandem('train', 'export-config', at('set'), '--out', at('cluster'), '--json')
  expect(code, err).toBe(0)
  made = JSON.parse(out) as typeof made
})
afterAll(() => rm(root, { recursive: true, force: true }))

describe('tandem train export-config', () => {
  it('writes shards, rows, settings and scripts, and counts the edits that train', async () => {
    expect(made).toMatchObject({ path: at('cluster'), rows: 30 })
    for (const name of made.files) expect((await text('cluster', name)).length).toBeGreaterThan(0)
    const rows = (await text('set', 'data.jsonl')).trimEnd().split('\n')
    const parsed = rows.map((row) => JSON.parse(row) as { id: string; input_image?: string; split?: string })
    const expected = parsed.filter((row) => row.input_image && (row.split ?? 'train') === 'train').map(({ id }) => id)
    expect(expected.length).toBeLessThan(24)
    const given = (await text('cluster/A/rows/train.jsonl')).trimEnd().split('\n')
    expect(given.map((row) => (JSON.parse(row) as { id: string }).id)).toEqual(expected)
    expect(made.edits).toBe(expected.length)
    expect(await text('cluster/README.md')).toContain(`30 rows, ${expected.length} of them edits that train`)
  })

  it('the settings are the paper’s: 768 samples a step, on as many processes as are started', async () => {
    const config = await text('cluster/M/config.yaml')
    const accelerate = await text('cluster/M/accelerate.yaml')
    const number = (of: string, name: string): number => Number(new RegExp(`${name}: ([\\d.e-]+)`).exec(of)?.[1])
    const processes = number(accelerate, 'num_processes')
    const passes = number(config, 'gradient_accumulation_steps')
    expect(number(config, 'batch_size') * passes * processes).toBe(768)
    expect(number(accelerate, 'gradient_accumulation_steps')).toBe(passes)
    expect([
      number(config, 'max_train_steps'),
      number(config, 'learning_rate'),
      number(config, 'warmup_steps'),
    ]).toEqual([30_000, 2e-5, 500])
  })

  it('M’s script points the trainer at the shards that train, and starts it', async () => {
    const env = await recorders('accelerate')
    await mkdir(at('M/training'), { recursive: true })
    await writeFile(at('M/training/train_interleave.py'), 'def main():\n    base_shard_pattern = "elsewhere-*.tar"\n')
    await run('bash', [at('cluster/M/train.sh'), at('M')], { env })
    const set = /^ {4}base_shard_pattern = "(.*)"$/m.exec(await text('M/training/train_interleave.py'))?.[1]
    const shards = await Array.fromAsync(glob(set!))
    expect(shards.length).toBe(1)
    expect(shards[0]).toMatch(/shards\/train-0\d*\.tar$/)
    expect(await Array.fromAsync(glob(at('cluster/shards/val-0*.tar')))).toHaveLength(1)
    const [call] = await calls()
    expect(call).toMatch(new RegExp(`^accelerate\\|${at('M')}\\|launch .*training/train_interleave.py config=`))
  })

  it('M’s script says where the trainer is not the one it knows', async () => {
    const env = await recorders('accelerate')
    await writeFile(at('M/training/train_interleave.py'), 'pattern = "elsewhere-*.tar"\n')
    const failed = run('bash', [at('cluster/M/train.sh'), at('M')], { env })
    await expect(failed).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('set it by hand to') as string,
    })
  })

  it('A’s script runs where its pictures are, on rows whose pictures are there', async () => {
    const env = await recorders('python', 'torchrun')
    await mkdir(at('A'), { recursive: true })
    await run('bash', [at('cluster/A/train.sh'), at('A'), 'weights', 'output'], { env })
    const [tokens, concat, train] = await calls()
    expect(tokens).toContain(`python|${at('cluster/quadruplets')}|${at('A')}/pre_tokenizer/pre_tokenize.py`)
    expect(concat).toContain('tokens/all_records.json')
    expect(train).toContain(`torchrun|${at('cluster/A')}|`)
    expect(train).toContain('--init_from weights')
    for (const line of (await text('cluster/A/rows/train.jsonl')).trimEnd().split('\n')) {
      const row = JSON.parse(line) as { input_image: string; output_image: string }
      for (const picture of [row.input_image, row.output_image])
        expect((await readFile(at('cluster/quadruplets', picture))).length).toBeGreaterThan(0)
    }
  })

  it('a folder that holds something is refused, and so is a set without an edit', async () => {
    const again = await tandem('train', 'export-config', at('set'), '--out', at('cluster'))
    expect([again.code, again.err]).toEqual([2, expect.stringContaining('already holds files')])
    await writeWorldFolder(await loadWorld(), { seed: 3, counts: { val: 3 } }, at('no-edit'))
    const none = await tandem('train', 'export-config', at('no-edit'), '--out', at('none'))
    expect([none.code, none.err]).toEqual([2, expect.stringContaining('no edit in its training split')])
    expect(await Array.fromAsync(glob(at('none*')))).toEqual([])
  })
})
