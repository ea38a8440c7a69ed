/**
 * An experiment as data: groups that differ in one thing, each carried out for several seeds. A cell is one group with one
 * seed; it is a command that prints its numbers, so that the runner knows nothing of what is measured.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'

const name = z.string().regex(/^[a-z0-9][a-z0-9.-]*$/)

const groupSchema = z.strictObject({
  name,
  /** What the tables call it. */
  label: z.string().min(1),
  /**
   * Arguments for Node, from the root of the repository. `{seed}` and `{out}` (the cell's own folder) are filled in;
   * `{out:GROUP}` is the folder of another group's cell with the same seed, `{out:GROUP@SEED}` of its cell with that seed,
   * which have to be finished first; `{given:NAME}` is a folder the experiment is given.
   */
  command: z.array(z.string()).min(1),
  /** Others than the experiment's. */
  seeds: z.array(z.int().nonnegative()).min(1).optional(),
})

const tableSchema = z.strictObject({
  title: z.string().min(1),
  /** Names of numbers the commands print under `metrics`. */
  columns: z.array(z.strictObject({ metric: z.string().min(1), label: z.string().min(1) })).min(1),
  groups: z.array(name).min(1),
  /** Differences of every other group to this one are given beside the means. */
  against: name.optional(),
  /** Rows from elsewhere, one value a column; for orientation. */
  published: z.array(z.strictObject({ label: z.string(), values: z.array(z.number().nullable()) })).default([]),
  notes: z.array(z.string()).default([]),
})
export type ExperimentTable = z.infer<typeof tableSchema>

export const experimentSchema = z
  .strictObject({
    format: z.literal('tandem-experiment'),
    version: z.literal(1),
    name,
    title: z.string().min(1),
    seeds: z.array(z.int().nonnegative()).min(1),
    /** Files the numbers depend on: a cell made before one of them changed is not taken for a finished one. */
    inputs: z.array(z.string().min(1)).default([]),
    /** Folders it starts from that others made, such as a checkpoint; `path`, from the root, where none is named. */
    given: z.array(z.strictObject({ name, what: z.string().min(1), path: z.string().min(1).optional() })).default([]),
    groups: z.array(groupSchema).min(1),
    tables: z.array(tableSchema).default([]),
  })
  .superRefine((experiment, ctx) => {
    const complain = (message: string): void => ctx.addIssue({ code: 'custom', message })
    const names = experiment.groups.map((group) => group.name)
    for (const [i, group] of names.entries()) if (names.indexOf(group) !== i) complain(`group ${group} is there twice`)
    for (const table of experiment.tables) {
      for (const group of [...table.groups, ...(table.against === undefined ? [] : [table.against])])
        if (!names.includes(group)) complain(`table "${table.title}" names no group: ${group}`)
      for (const row of table.published)
        if (row.values.length !== table.columns.length)
          complain(`table "${table.title}" has ${table.columns.length} columns, its row "${row.label}" other`)
    }
    const given = experiment.given.map((each) => each.name)
    const order = cellsInOrder(experiment).map((cell) => cellName(cell.group.name, cell.seed))
    for (const { group, seed } of cellsInOrder(experiment)) {
      const own = order.indexOf(cellName(group.name, seed))
      for (const needed of neededCells(group.command, seed))
        if (!order.slice(0, own).includes(needed))
          complain(`group ${group.name} needs ${needed}, which does not stand before ${cellName(group.name, seed)}`)
      for (const wanted of givenNames(group.command))
        if (!given.includes(wanted)) complain(`group ${group.name} needs ${wanted}, which the experiment is not given`)
    }
  })
export type Experiment = z.infer<typeof experimentSchema>

export interface Cell {
  readonly name: string
  readonly group: string
  readonly seed: number
  /** As written, places not filled in: it is the same on every machine. */
  readonly command: readonly string[]
  /** Of what the numbers depend on. */
  readonly digest: string
}

export const cellName = (group: string, seed: number): string => `${group}-s${seed}`

const CELL_PLACE = /\{out:([a-z0-9.-]+)(?:@(\d+))?\}/g
const GIVEN_PLACE = /\{given:([a-z0-9.-]+)\}/g
const neededCells = (command: readonly string[], seed: number): string[] =>
  command.flatMap((part) =>
    [...part.matchAll(CELL_PLACE)].map((match) =>
      cellName(match[1]!, match[2] === undefined ? seed : Number(match[2])),
    ),
  )
const givenNames = (command: readonly string[]): string[] =>
  command.flatMap((part) => [...part.matchAll(GIVEN_PLACE)].map((match) => match[1]!))

type Group = z.infer<typeof groupSchema>

/** Every cell, seed by seed, so that each group soon has its first number. */
function cellsInOrder({ groups, seeds }: { groups: readonly Group[]; seeds: readonly number[] }): {
  readonly group: Group
  readonly seed: number
}[] {
  const all = [...new Set(groups.flatMap((group) => group.seeds ?? seeds))]
  return all.flatMap((seed) =>
    groups.filter((group) => (group.seeds ?? seeds).includes(seed)).map((group) => ({ group, seed })),
  )
}

/** `inputs`: contents of the experiment's files, and what tells its given folders from others. */
export function cellsOf(experiment: Experiment, inputs: readonly string[]): Cell[] {
  return cellsInOrder(experiment).map(({ group, seed }) => ({
    name: cellName(group.name, seed),
    group: group.name,
    seed,
    command: group.command,
    digest: createHash('sha256')
      .update(JSON.stringify([group.command, seed, inputs]))
      .digest('hex'),
  }))
}

/** The command with its places filled in; `folder` gives the folder of a cell by its name, `given` what was given. */
export function commandOf(
  { name: own, seed, command }: Cell,
  folder: (cell: string) => string,
  given: Readonly<Record<string, string>> = {},
): string[] {
  return command.map((part) =>
    part
      .replaceAll('{seed}', String(seed))
      .replaceAll('{out}', folder(own))
      .replace(CELL_PLACE, (_, group: string, of?: string) =>
        folder(cellName(group, of === undefined ? seed : Number(of))),
      )
      .replace(GIVEN_PLACE, (place, name: string) => given[name] ?? place),
  )
}
