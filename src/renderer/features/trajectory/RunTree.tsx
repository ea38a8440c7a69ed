/** The run on screen with all it descends from and all that branched off it; arrows walk it, and walking shows the run. */
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactElement } from 'react'
import type { Run } from '../../../shared/studio.ts'
import { api } from '../../api.ts'
import { viewRun } from '../../state/playback.ts'
import { modeName, stateName } from '../../state/runs-words.ts'
import { putRuns } from '../../state/runs.ts'
import { useStudio } from '../../state/store.ts'
import { toastError } from '../../state/toasts.ts'
import { useLexicon } from '../../state/trajectories.ts'
import { Icon, type IconName } from '../../ui/Icon.tsx'
import { describeEdits, treeLines, walkTree, type TreeLine } from './run-tree.ts'
import './compare.css'

const icons: Readonly<Record<Run['state'], IconName>> = {
  queued: 'queue',
  running: 'play',
  done: 'check',
  cancelled: 'stop',
  failed: 'warning',
}

export function RunTree(): ReactElement | null {
  const viewed = useStudio((s) => s.viewedRun)
  const known = useStudio((s) => s.runs)
  const trajectory = useStudio((s) => (s.viewedRun === null ? null : (s.trajectories.get(s.viewedRun) ?? null)))
  const { lexicon } = useLexicon(trajectory, viewed)
  const ids = useTree(viewed)
  const tree = useRef<HTMLUListElement>(null)
  const lines = useMemo(() => {
    const family = new Set(ids)
    // A branch made a moment ago is known before the tree is asked for again.
    for (const run of known.values()) if (run.parent && family.has(run.parent.run)) family.add(run.id)
    return treeLines([...family].flatMap((id) => known.get(id) ?? []))
  }, [ids, known])
  if (viewed === null || lines.length === 0) return null

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const next = walkTree(lines, viewed, event.key)
    if (next === null) return
    event.preventDefault()
    event.stopPropagation()
    if (next !== viewed) viewRun(next)
    tree.current?.querySelector<HTMLElement>(`[data-run="${next}"]`)?.focus()
  }
  return (
    <ul ref={tree} className="tj-tree" role="tree" aria-label="Branches of this run" onKeyDown={onKeyDown}>
      {lines.map((line) => (
        <Line
          key={line.run.id}
          line={line}
          viewed={line.run.id === viewed}
          what={
            line.run.parent
              ? describeEdits(line.run.edits, lexicon?.label ?? (() => '…'))
              : modeName(line.run.settings.mode)
          }
        />
      ))}
    </ul>
  )
}

function Line({
  line,
  viewed,
  what,
}: {
  readonly line: TreeLine
  readonly viewed: boolean
  readonly what: string
}): ReactElement {
  const { run, depth } = line
  const where = run.parent ? `after step ${run.parent.step}` : `seed ${run.seed}`
  return (
    <li
      role="treeitem"
      aria-level={depth + 1}
      aria-selected={viewed}
      aria-expanded={line.children.length > 0 ? true : undefined}
      aria-label={`${what}, ${where}, ${stateName[run.state].toLowerCase()}`}
      tabIndex={viewed ? 0 : -1}
      data-run={run.id}
      className="tj-tree-item"
      style={{ '--tj-depth': depth } as React.CSSProperties}
      onClick={() => viewRun(run.id)}
    >
      <Icon name={run.parent ? 'branch' : icons[run.state]} size={14} />
      <span className="tj-tree-what">{what}</span>
      <span className="tj-tree-where">
        {run.state === 'done' ? where : `${where}, ${stateName[run.state].toLowerCase()}`}
      </span>
    </li>
  )
}

const nobody: readonly string[] = []

/** Ids of the viewed run's family, asked for again when another family is viewed. */
function useTree(viewed: string | null): readonly string[] {
  const [family, setFamily] = useState<readonly string[]>(nobody)
  const stale = viewed !== null && !family.includes(viewed)
  useEffect(() => {
    if (viewed === null || !stale) return
    let gone = false
    api.call('runs.tree', { run: viewed }).then(({ runs }) => {
      if (gone) return
      putRuns(runs)
      setFamily(runs.map((run) => run.id))
    }, toastError)
    return () => {
      gone = true
    }
  }, [viewed, stale])
  return family
}
