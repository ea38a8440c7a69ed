/**
 * The gate of a data set: every row examined in one pass over a stream, then the rows against each other. Errors keep
 * training from starting. What is held grows by less than a kilobyte a row (names, hashes, small looks), not with the pictures.
 */
import { createHash } from 'node:crypto'
import { problemSeverity, type CheckReport, type Problem, type ProblemCode } from '../../shared/datasets.ts'
import { TandemError } from '../../shared/errors.ts'
import { examineRow, type CheckedModel, type RowFacts } from './check-row.ts'
import { LookTable, similarPairs } from './dedupe.ts'
import type { Dataset } from './formats/open.ts'
import { mapOrdered } from './formats/pipeline.ts'
import type { DatasetEntry, DatasetRow } from './formats/types.ts'
import type { Split } from './world/types.ts'

export interface CheckOptions {
  readonly model: CheckedModel | null
  /** Problems of each kind that are listed; all are counted. */
  readonly limit?: number
  readonly signal?: AbortSignal
  readonly onProgress?: (rows: number) => void
}

/** Rows examined at a time: decoding happens on threads of its own. */
const WIDTH = 8
/** Reads a whole set and says what is wrong with it. Throws a TandemError for what is no set at all. */
export async function checkDataset(set: Dataset, options: CheckOptions): Promise<CheckReport> {
  const began = performance.now()
  const findings = new Findings(options.limit ?? 100)
  const known = new KnownRows(findings)
  const hash = new DatasetHash()
  const splits = { train: 0, val: 0, test: 0 }
  const train = { edits: 0, generations: 0 }
  let rows = 0
  const examine = async (entry: DatasetEntry): Promise<RowFacts | { problem: Problem }> =>
    entry.kind === 'row' ? examineRow(entry.row, options.model) : entry
  for await (const facts of mapOrdered(set.entries(), WIDTH, examine)) {
    options.signal?.throwIfAborted()
    if ('problem' in facts) {
      findings.add(facts.problem)
      continue
    }
    for (const problem of facts.problems) findings.add(problem)
    known.add(facts)
    hash.add(facts.row, facts.input?.digest ?? null, facts.output?.digest ?? null)
    const split = facts.row.split ?? 'train'
    splits[split]++
    if (split === 'train') train[facts.row.inputImage ? 'edits' : 'generations']++
    if (++rows % 100 === 0) options.onProgress?.(rows)
  }
  if (rows === 0) {
    const fix = 'Add rows.'
    findings.add({ code: 'no-rows', where: set.label, id: null, message: 'it holds no row that can be read', fix })
  }
  known.compareLooks()
  return {
    path: set.files.length === 1 ? set.files[0]! : set.root,
    format: set.format,
    rows,
    splits,
    train,
    ...findings.report(),
    hash: hash.digest(),
    seconds: Math.round((performance.now() - began) / 10) / 100,
  }
}

/** Throws a TandemError that names the first errors of a report, if it has any. */
export function refuseErrors(report: CheckReport, path: string): void {
  if (report.errors === 0) return
  const errors = report.problems.filter(({ code }) => problemSeverity[code] === 'error')
  const shown = errors.slice(0, 5).map(({ where, id, message }) => `${id ?? where}: ${message}.`)
  const many = report.errors === 1 ? 'One error keeps' : `${report.errors} errors keep`
  throw new TandemError(
    `${many} the data set from being trained on. ${shown.join(' ')}`,
    `Mend them; "tandem dataset check ${path}" lists all, with places and remedies.`,
  )
}

/** A running hash of what a set holds: texts, splits and picture bytes, in order. */
export class DatasetHash {
  readonly #hash = createHash('sha256')

  add(row: DatasetRow, input: Uint8Array | null, output: Uint8Array | null): void {
    const hex = (digest: Uint8Array | null): string | null => digest && Buffer.from(digest).toString('hex')
    const { id, split, instruction, reasoning } = row
    this.#hash.update(JSON.stringify([id, split, instruction, reasoning, hex(input), hex(output)]) + '\n')
  }

  digest(): string {
    return this.#hash.digest('hex').slice(0, 32)
  }
}

/** Problems as they are found: counted all, listed up to a limit of each kind. */
class Findings {
  readonly #limit: number
  readonly #counts: Partial<Record<ProblemCode, number>> = {}
  readonly #listed: Problem[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  add(problem: Problem): void {
    const count = (this.#counts[problem.code] = (this.#counts[problem.code] ?? 0) + 1)
    if (count <= this.#limit) this.#listed.push(problem)
  }

  report(): Pick<CheckReport, 'errors' | 'warnings' | 'counts' | 'problems'> {
    const total = (severity: 'error' | 'warning'): number =>
      Object.entries(this.#counts).reduce(
        (sum, [code, n]) => sum + (problemSeverity[code as ProblemCode] === severity ? n : 0),
        0,
      )
    const errorFirst = (p: Problem): number => (problemSeverity[p.code] === 'error' ? 0 : 1)
    return {
      errors: total('error'),
      warnings: total('warning'),
      counts: this.#counts,
      problems: this.#listed.sort((a, b) => errorFirst(a) - errorFirst(b)),
    }
  }
}

interface Seen {
  readonly id: string
  readonly where: string
  readonly split: Split
  /** First bytes of a hash over the instruction. */
  readonly asks: string
}

/** The rows so far, as far as later ones are compared with them. */
class KnownRows {
  readonly #findings: Findings
  readonly #rows: Seen[] = []
  readonly #ids = new Map<string, number>()
  readonly #exact = new Map<string, number>()
  readonly #edits = { table: new LookTable(2), rows: [] as number[] }
  readonly #generations = { table: new LookTable(1), rows: [] as number[] }
  readonly #repeats = new Set<number>()

  constructor(findings: Findings) {
    this.#findings = findings
  }

  add({ row, input, output }: RowFacts): void {
    const index = this.#rows.length
    const asks = short(row.instruction)
    this.#rows.push({ id: row.id, where: row.where, split: row.split ?? 'train', asks })
    const same = this.#ids.get(row.id)
    if (same !== undefined)
      this.#say('duplicate-id', index, `its id is also that of ${this.#rows[same]!.where}`, 'Give each row its own id.')
    else this.#ids.set(row.id, index)
    // A row whose pictures cannot be had is an error already.
    if (!output || (row.inputImage && !input)) return
    const key = short(asks, input?.digest ?? '', output.digest)
    const first = this.#exact.get(key)
    if (first === undefined) this.#exact.set(key, index)
    else {
      this.#repeats.add(index)
      this.#tell(first, index, 'has the same instruction and pictures as', 'duplicate', 'leak')
    }
    const { table, rows } = input ? this.#edits : this.#generations
    if (input) table.add(output.look, input.look)
    else table.add(output.look)
    rows.push(index)
  }

  /** Rows whose pictures look the same, once all are known. */
  compareLooks(): void {
    for (const { table, rows } of [this.#edits, this.#generations]) {
      for (const [a, b] of similarPairs(table)) {
        const [i, j] = [rows[a]!, rows[b]!]
        if (this.#repeats.has(i) || this.#repeats.has(j)) continue
        const [one, other] = [this.#rows[i]!, this.#rows[j]!]
        // Two ways to ask for one edit teach; across splits they measure what was trained on.
        if (one.asks !== other.asks && one.split === other.split) continue
        // Once is enough for a row.
        this.#repeats.add(j)
        this.#tell(i, j, 'looks like', 'near-duplicate', 'near-leak')
      }
    }
  }

  #tell(first: number, index: number, how: string, within: ProblemCode, across: ProblemCode): void {
    const [one, other] = [this.#rows[first]!, this.#rows[index]!]
    const { where, id, split } = one
    const earlier = { where, id, split }
    if (one.split === other.split)
      this.#say(
        within,
        index,
        `it ${how} ${one.id} (${one.where})`,
        'Remove one of them, unless the weight is wanted.',
        earlier,
      )
    else
      this.#say(
        across,
        index,
        `it is in ${other.split} and ${how} ${one.id} in ${one.split} (${one.where})`,
        'Keep both in one split, or remove one: "tandem dataset split" does so.',
        earlier,
      )
  }

  #say(code: ProblemCode, index: number, message: string, fix: string, other?: Problem['other']): void {
    const { id, where } = this.#rows[index]!
    this.#findings.add({ code, where, id, message, fix, ...(other ? { other } : {}) })
  }
}

/** 16 bytes of SHA-256: enough that two different rows never meet. */
function short(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\0')
  return hash.digest('base64').slice(0, 22)
}
