/**
 * npm run experiment -- NAME [--only GROUP,...] [--again CELL] [--table] [--runs DIR] [--given NAME=DIR] [--keep-going]:
 * carries out the experiment resources/experiments/NAME.json cell by cell. A finished cell is a file under
 * bench/results/experiments/NAME with its command and its numbers; killed and started again, the runner goes on with what
 * is missing. --table only remakes the tables of what there is.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { cellsOf, commandOf, experimentSchema, type Cell, type Experiment } from '../../src/engine/experiments/grid.ts'
import { summaryTable } from '../../src/engine/experiments/summary.ts'
import { writeTable } from '../../src/engine/bench/table.ts'
import { writeFileAtomic } from '../../src/engine/files.ts'
import { readJson } from '../../src/engine/model/folder.ts'
import { TandemError } from '../../src/shared/errors.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const experiments = join(root, 'resources', 'experiments')

/** What a command prints as its last line. */
const outcomeSchema = z.looseObject({ metrics: z.record(z.string(), z.number()) })

const cellSchema = z.strictObject({
  format: z.literal('tandem-experiment-cell'),
  version: z.literal(1),
  cell: z.string(),
  group: z.string(),
  seed: z.int(),
  command: z.array(z.string()),
  digest: z.string(),
  finished: z.string(),
  machine: z.strictObject({ cpu: z.string(), threads: z.int(), load: z.array(z.number()) }),
  /** Of the last sitting. */
  seconds: z.number(),
  outcome: outcomeSchema,
})
type FinishedCell = z.infer<typeof cellSchema>

interface Options {
  readonly name: string
  readonly only: readonly string[] | null
  readonly again: readonly string[]
  readonly tableOnly: boolean
  readonly keepGoing: boolean
  readonly runs: string
  /** By name: folders to start from. */
  readonly given: ReadonlyMap<string, string>
}

function options(): Options {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      only: { type: 'string' },
      again: { type: 'string', multiple: true, default: [] },
      table: { type: 'boolean', default: false },
      'keep-going': { type: 'boolean', default: false },
      runs: { type: 'string', default: join(root, 'runs', 'experiments') },
      given: { type: 'string', multiple: true, default: [] },
    },
  })
  const [name] = positionals
  if (name === undefined)
    throw new TandemError('Which experiment?', `npm run experiment -- NAME, one of resources/experiments/*.json.`)
  return {
    name,
    only: values.only?.split(',') ?? null,
    again: values.again,
    tableOnly: values.table,
    keepGoing: values['keep-going'],
    runs: resolve(values.runs, name),
    given: new Map(
      values.given.map((text) => {
        const at = text.indexOf('=')
        if (at < 1) throw new TandemError(`"${text}" gives nothing.`, 'Write --given NAME=DIR.')
        return [text.slice(0, at), resolve(text.slice(at + 1))]
      }),
    ),
  }
}

/** Where the given folders are, and a hash of what is in each: its files' names and bytes. */
async function openGiven(
  experiment: Experiment,
  named: ReadonlyMap<string, string>,
): Promise<{ folders: Record<string, string>; digests: string[] }> {
  for (const name of named.keys())
    if (!experiment.given.some((each) => each.name === name))
      throw new TandemError(
        `The experiment ${experiment.name} takes no "${name}".`,
        `It takes: ${experiment.given.map((each) => each.name).join(', ') || 'nothing'}.`,
      )
  const folders: Record<string, string> = {}
  const digests: string[] = []
  for (const { name, what, path } of experiment.given) {
    const folder = named.get(name) ?? (path === undefined ? null : join(root, path))
    const files = folder === null ? null : await readdir(folder, { withFileTypes: true }).catch(() => null)
    if (folder === null || files === null)
      throw new TandemError(`${folder ?? `"${name}"`} is not there: ${what}.`, `Name it: --given ${name}=DIR.`)
    const hash = createHash('sha256')
    for (const file of files.filter((entry) => entry.isFile()).sort((a, b) => (a.name < b.name ? -1 : 1)))
      hash.update(file.name).update(await readFile(join(folder, file.name)))
    folders[name] = folder
    digests.push(`${name} ${hash.digest('hex')}`)
  }
  return { folders, digests }
}

const resultsOf = (name: string): string => join(root, 'bench', 'results', 'experiments', name)

/** The cell as it was finished; null where it was not. One made of other settings is refused, never overwritten unasked. */
async function finishedCell(cell: Cell, results: string, anyDigest: boolean): Promise<FinishedCell | null> {
  const path = join(results, `${cell.name}.json`)
  const text = await readFile(path, 'utf8').catch(() => null)
  if (text === null) return null
  const kept = await readJson(path, cellSchema, 'a finished cell')
  if (anyDigest || kept.digest === cell.digest) return kept
  throw new TandemError(
    `Cell ${cell.name} was made with other settings or inputs.`,
    `Add --again ${cell.name} to make it anew, or restore what changed.`,
  )
}

/** Runs a cell's command to its end: its last line of output that is JSON, checked. */
async function runCell(cell: Cell, runs: string, given: Readonly<Record<string, string>>): Promise<FinishedCell> {
  const folder = join(runs, cell.name)
  await mkdir(folder, { recursive: true })
  const log = createWriteStream(join(folder, 'log.txt'), { flags: 'a' })
  const began = performance.now()
  const child = spawn(
    process.execPath,
    commandOf(cell, (other) => join(runs, other), given),
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const stop = (signal: NodeJS.Signals) => (): void => void child.kill(signal)
  const [onInt, onTerm] = [stop('SIGINT'), stop('SIGTERM')]
  process.on('SIGINT', onInt).on('SIGTERM', onTerm)
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')))
  child.stderr.pipe(log)
  const code = await new Promise<number | null>((done, fail) => child.once('error', fail).once('close', done))
  process.off('SIGINT', onInt).off('SIGTERM', onTerm)
  if (code !== 0)
    throw new TandemError(
      `Cell ${cell.name} ended with ${String(code)}.`,
      `See ${join(folder, 'log.txt')}; run again to go on.`,
    )
  const line = out.trimEnd().split('\n').at(-1) ?? ''
  let printed: unknown = null
  try {
    printed = JSON.parse(line)
  } catch {
    // Told below, as any other answer that is none.
  }
  const parsed = outcomeSchema.safeParse(printed)
  if (!parsed.success)
    throw new TandemError(
      `Cell ${cell.name} printed no numbers as its last line.`,
      'It has to print {"metrics": {...}}.',
    )
  return {
    format: 'tandem-experiment-cell',
    version: 1,
    cell: cell.name,
    group: cell.group,
    seed: cell.seed,
    command: [...cell.command],
    digest: cell.digest,
    finished: new Date().toISOString(),
    machine: {
      cpu: cpus()[0]?.model ?? '',
      threads: availableParallelism(),
      load: loadavg().map((x) => Number(x.toFixed(2))),
    },
    seconds: Number(((performance.now() - began) / 1000).toFixed(1)),
    outcome: parsed.data,
  }
}

/** The tables of what there is, as Markdown beside the cells. */
async function writeTables(
  experiment: Experiment,
  finished: readonly FinishedCell[],
  results: string,
): Promise<string> {
  const cells = finished.map(({ group, seed, outcome }) => ({ group, seed, metrics: outcome.metrics }))
  const tables = experiment.tables.map((table) => summaryTable(experiment, table, cells))
  const text = `# ${experiment.title}\n\n${finished.length} cells; remade by \`npm run experiment -- ${experiment.name}\`.\n\n${tables.map((table) => writeTable(table, 'markdown')).join('\n')}`
  await writeFileAtomic(join(results, 'tables.md'), text)
  return tables.map((table) => writeTable(table, 'text')).join('\n')
}

async function main(): Promise<void> {
  const { name, only, again, tableOnly, keepGoing, runs, given } = options()
  const experiment = await readJson(join(experiments, `${name}.json`), experimentSchema, 'the experiment')
  const results = resultsOf(name)
  await mkdir(results, { recursive: true })
  const inputs = await Promise.all(experiment.inputs.map((path) => readFile(join(root, path), 'utf8')))
  // Tables are remade from the cells alone: whoever has these need not have what they were made from.
  const blind = tableOnly && experiment.given.length > 0
  const { folders, digests } = blind ? { folders: {}, digests: [] } : await openGiven(experiment, given)
  const cells = cellsOf(experiment, [...inputs, ...digests])
  for (const name of again) {
    await rm(join(results, `${name}.json`), { force: true })
    await rm(join(runs, name), { recursive: true, force: true })
  }
  const finished: FinishedCell[] = []
  const failures: TandemError[] = []
  for (const cell of cells) {
    const kept = await finishedCell(cell, results, blind)
    if (kept) finished.push(kept)
    if (kept || tableOnly || (only && !only.includes(cell.group))) continue
    console.error(`${cell.name} ...`)
    try {
      const done = await runCell(cell, runs, folders)
      await writeFileAtomic(join(results, `${cell.name}.json`), JSON.stringify(done, null, 2) + '\n')
      finished.push(done)
      console.error(`${cell.name}: ${done.seconds} s`)
      await writeTables(experiment, finished, results)
    } catch (error) {
      if (!keepGoing || !(error instanceof TandemError)) throw error
      failures.push(error)
      console.error(`${error.message} ${error.remedy}`)
    }
  }
  console.log(await writeTables(experiment, finished, results))
  if (failures.length > 0) process.exitCode = 1
}

await main().catch((error: unknown) => {
  if (!(error instanceof TandemError)) throw error
  console.error(`${error.message} ${error.remedy}`)
  process.exitCode = 2
})
