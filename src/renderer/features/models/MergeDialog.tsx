/** Makes a model of its own out of a base and adapters on it: which, how much of each, and its name. */
import { useState, type ReactElement } from 'react'
import type { LibraryEntry } from '../../../shared/ipc-models.ts'
import { startJob } from '../../state/jobs.ts'
import { adaptersFor, useLibrary } from '../../state/library.ts'
import { asWords } from '../../state/problems.ts'
import { toast } from '../../state/toasts.ts'
import { Button } from '../../ui/Button.tsx'
import { Switch } from '../../ui/choices.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { TextField } from '../../ui/Field.tsx'
import { Notice } from '../../ui/feedback.tsx'
import { Slider } from '../../ui/Slider.tsx'

export function MergeDialog({
  first,
  onClose,
}: {
  readonly first: LibraryEntry
  readonly onClose: () => void
}): ReactElement {
  const entries = useLibrary((s) => s.entries) ?? []
  const models = entries.filter(({ kind }) => kind === 'model')
  const base = models.find(({ id }) => id === first.adapter?.base?.id) ?? models[0]
  const adapters = adaptersFor(entries, base?.hash ?? undefined)
  const [weights, setWeights] = useState<ReadonlyMap<string, number>>(new Map([[first.id, 1]]))
  const [name, setName] = useState(`${base?.name ?? 'model'}-${first.name}`)
  const [half, setHalf] = useState(true)
  const [error, setError] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const chosen = [...weights].map(([id, weight]) => ({ id, weight }))

  const merge = async (): Promise<void> => {
    if (!base) return
    setBusy(true)
    try {
      await startJob({ kind: 'merge', base: base.id, adapters: chosen, name: name.trim(), half })
      toast({ tone: 'info', message: `${name.trim()} is being made.` })
      onClose()
    } catch (reason) {
      setError(asWords(reason))
      setBusy(false)
    }
  }
  return (
    <Dialog
      title={`Merge into a model on ${base?.name ?? '?'}`}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            disabled={busy || !base || chosen.length === 0 || name.trim() === ''}
            onClick={() => void merge()}
          >
            Merge
          </Button>
        </>
      }
    >
      <div className="merge">
        {error !== null && <Notice tone="danger">{error}</Notice>}
        <TextField label="Name" value={name} maxLength={100} onChange={setName} />
        {adapters.map((adapter) => (
          <div key={adapter.id} className="merge-adapter">
            <Switch
              label={adapter.name}
              checked={weights.has(adapter.id)}
              onChange={(on) => {
                const next = new Map(weights)
                if (on) next.set(adapter.id, 1)
                else next.delete(adapter.id)
                setWeights(next)
              }}
            />
            {weights.has(adapter.id) && (
              <Slider
                label="Weight"
                value={weights.get(adapter.id) ?? 1}
                min={-1}
                max={2}
                step={0.05}
                initial={1}
                onChange={(weight) => setWeights(new Map(weights).set(adapter.id, weight))}
              />
            )}
          </div>
        ))}
        <Switch
          label="Half precision"
          hint="Half the file; weights are rounded to 11 bits."
          checked={half}
          onChange={setHalf}
        />
      </div>
    </Dialog>
  )
}
