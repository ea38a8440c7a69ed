/**
 * A whole edit as a person meets it: cold is a fresh `tandem edit` process (npx excluded), warm the second edit in one
 * engine. Peak memory is that of the cold process and its engine. Usage: node bench/edit-latency.ts [runs]
 */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openModelFolder } from '../src/engine/model/folder.ts'
import { readPicture } from '../src/engine/images.ts'
import { createEngine, prepareRun, readOutcome, runSteps } from '../src/engine/run.ts'
import { frame } from '../src/shared/trajectory-frame.ts'
import { median, saveResult } from './lib.ts'

const runs = Number(process.argv[2] ?? 7)
const root = fileURLToPath(new URL('..', import.meta.url))
const picture = join(root, 'resources/demo/scene.png')
const instruction = (await readFile(join(root, 'resources/demo/instruction.txt'), 'utf8')).trim()

/** Largest resident set of a process and its children, from /proc, sampled while it runs. */
async function peakMemory(pid: number): Promise<number> {
  const pids = [pid]
  for (const entry of await readdir('/proc').catch(() => [])) {
    const status = /^\d+$/.test(entry) ? await readFile(`/proc/${entry}/status`, 'utf8').catch(() => '') : ''
    if (pids.includes(Number(/PPid:\s+(\d+)/.exec(status)?.[1]))) pids.push(Number(entry))
  }
  let total = 0
  for (const each of pids) {
    const status = await readFile(`/proc/${each}/status`, 'utf8').catch(() => '')
    total += Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
  }
  return total
}

async function cold(): Promise<{ ms: number; megabytes: number }> {
  const out = await mkdtemp(join(tmpdir(), 'tandem-bench-'))
  const began = performance.now()
  const args = [
    join(root, 'bin/tandem.mjs'),
    'edit',
    '--image',
    picture,
    '--instruction',
    instruction,
    '--steps',
    '16',
    '--seed',
    '1',
    '--out',
    out,
    '--json',
  ]
  const child = spawn(process.execPath, args, { stdio: 'ignore' })
  let megabytes = 0
  const watch = setInterval(
    () => void peakMemory(child.pid!).then((value) => (megabytes = Math.max(megabytes, value))),
    50,
  )
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve))
  const ms = performance.now() - began
  clearInterval(watch)
  await rm(out, { recursive: true, force: true })
  if (code !== 0) throw new Error(`tandem edit ended with ${code}`)
  return { ms, megabytes }
}

async function warm(): Promise<number[]> {
  const model = await openModelFolder(join(root, 'resources/models/storybook'))
  const engine = createEngine(model)
  const times: number[] = []
  for (let i = 0; i <= runs; i++) {
    const began = performance.now()
    const { rgb } = await readPicture(picture, { size: model.config.image.size })
    const header = await prepareRun(engine, {
      instruction,
      input: rgb,
      mode: 'parallel',
      steps: 16,
      seed: i,
      guidance: { text: 0, image: 0 },
      temperatures: { text: 0, image: 0 },
    })
    const steps = await Array.fromAsync(runSteps(engine, { header, steps: [], events: [] }))
    await readOutcome(engine, header, frame({ header, steps, events: [] }, steps.length).tokens)
    if (i > 0) times.push(performance.now() - began)
  }
  await engine.dispose()
  return times
}

const colds: { ms: number; megabytes: number }[] = []
for (let i = 0; i < runs; i++) colds.push(await cold())
const result = {
  what: 'an edit of 16 steps with the model that ships',
  runs,
  coldMs: {
    median: Math.round(median(colds.map((c) => c.ms))),
    worst: Math.round(Math.max(...colds.map((c) => c.ms))),
  },
  coldPeakMegabytes: Math.round(Math.max(...colds.map((c) => c.megabytes))),
  warmMs: Math.round(median(await warm())),
}
console.log(JSON.stringify(result, null, 2))
await saveResult('edit-latency', result)
