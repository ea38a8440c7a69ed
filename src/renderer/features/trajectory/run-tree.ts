/** Runs and what branched off them as lines of a tree, in the order a person walks them. Pure. */
import type { Run } from '../../../shared/studio.ts'

export interface TreeLine {
  readonly run: Run
  readonly depth: number
  readonly parent: string | null
  readonly children: readonly string[]
}

/** Parents before their branches, branches by the step they leave at and then by age. */
export function treeLines(runs: readonly Run[]): TreeLine[] {
  const ids = new Set(runs.map((run) => run.id))
  const children = new Map<string | null, Run[]>()
  for (const run of runs) {
    // A parent that was deleted leaves its branches as roots.
    const parent = run.parent && ids.has(run.parent.run) ? run.parent.run : null
    const list = children.get(parent)
    if (list) list.push(run)
    else children.set(parent, [run])
  }
  for (const list of children.values())
    list.sort((a, b) => (a.parent?.step ?? 0) - (b.parent?.step ?? 0) || a.createdAt - b.createdAt)
  const lines: TreeLine[] = []
  const walk = (parent: string | null, depth: number): void => {
    for (const run of children.get(parent) ?? []) {
      lines.push({ run, depth, parent, children: (children.get(run.id) ?? []).map((child) => child.id) })
      walk(run.id, depth + 1)
    }
  }
  walk(null, 0)
  return lines
}

/** What was changed where a run branched, in a few words; tokens by what they read as. */
export function describeEdits(edits: Run['edits'], label: (token: number) => string): string {
  if (!edits) return 'gone on unchanged'
  const put = edits.replace.map(({ place, token }) => {
    const id = /^#(\d+)$/.exec(token)?.[1]
    const what = id === undefined ? token : place.field === 'outputText' ? label(Number(id)).trim() : `code ${id}`
    return place.field === 'outputText' ? `“${what}” at ${place.index + 1}` : what
  })
  const words = edits.remask.filter((place) => place.field !== 'outputImage').length
  const cells = edits.remask.length - words
  const parts = [...put.slice(0, 3)]
  if (put.length > 3) parts.push(`${put.length - 3} more`)
  if (words > 0) parts.push(words === 1 ? '1 word masked again' : `${words} words masked again`)
  if (cells > 0) parts.push(cells === 1 ? '1 cell masked again' : `${cells} cells masked again`)
  return parts.length > 0 ? parts.join(', ') : 'gone on unchanged'
}

/** Where an arrow key goes in the tree; the line itself where there is nowhere to go. */
export function walkTree(lines: readonly TreeLine[], from: string, key: string): string | null {
  const at = lines.findIndex((line) => line.run.id === from)
  const line = lines[at]
  if (!line) return lines[0]?.run.id ?? null
  switch (key) {
    case 'ArrowDown':
      return lines[at + 1]?.run.id ?? from
    case 'ArrowUp':
      return lines[at - 1]?.run.id ?? from
    case 'ArrowLeft':
      return line.parent ?? from
    case 'ArrowRight':
      return line.children[0] ?? from
    case 'Home':
      return lines[0]!.run.id
    case 'End':
      return lines.at(-1)!.run.id
    default:
      return null
  }
}
