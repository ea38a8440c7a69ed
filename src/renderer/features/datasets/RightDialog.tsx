/**
 * "This edit was right": a run becomes a quadruplet. The person corrects the words, says which picture is the right one,
 * and chooses the set; the row remembers run, model and seed.
 */
import { useEffect, useState, type ReactElement } from 'react'
import type { Run } from '../../../shared/studio.ts'
import { api } from '../../api.ts'
import { renderBox } from '../../canvas/compose.ts'
import { createDataset, datasetList, saveAsRow, useDatasets } from '../../state/datasets.ts'
import { putRuns } from '../../state/runs.ts'
import { studio, useStudio } from '../../state/store.ts'
import { asWords } from '../../state/problems.ts'
import { toast } from '../../state/toasts.ts'
import { recall, remember } from '../../ui/remembered.ts'
import { Button } from '../../ui/Button.tsx'
import { SegmentedControl, Select } from '../../ui/choices.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { TextArea, TextField } from '../../ui/Field.tsx'
import { Notice, ProgressBar } from '../../ui/feedback.tsx'
import { openAt } from './rows-state.ts'
import './right.css'

const NEW = 'new'
type Drawn = 'result' | 'document'

/** Up while a run is said to have been right. */
export function RightDialog({ onOpenData }: { readonly onOpenData: () => void }): ReactElement | null {
  const id = useDatasets((s) => s.right)
  const loaded = useDatasets((s) => s.loaded)
  const run = useStudio((s) => (id === null ? undefined : s.runs.get(id)))
  useEffect(() => {
    if (id === null || run) return
    api.call('runs.get', { run: id }).then(
      (found) => putRuns([found]),
      () => saveAsRow(null),
    )
  }, [id, run])
  if (id === null) return null
  if (!run || !loaded)
    return (
      <Dialog title="This edit was right" onClose={() => saveAsRow(null)}>
        <ProgressBar value={null} label="Looking at the run" />
      </Dialog>
    )
  return <Form key={run.id} run={run} onOpenData={onOpenData} />
}

function Form({ run, onOpenData }: { readonly run: Run; readonly onOpenData: () => void }): ReactElement {
  const sets = datasetList(useDatasets((s) => s.sets)).filter(({ editable }) => editable)
  const last = recall('data.rightSet', '')
  const [set, setSet] = useState(sets.find(({ id }) => id === last)?.id ?? sets[0]?.id ?? NEW)
  const [name, setName] = useState('Right edits')
  const [instruction, setInstruction] = useState(run.settings.instruction)
  const [reasoning, setReasoning] = useState(run.reasoning)
  const [split, setSplit] = useState<'train' | 'val' | 'test'>('train')
  const [drawn, setDrawn] = useState<Drawn>('result')
  const [working, setWorking] = useState(false)
  const [error, setError] = useState<string | null>(null)
  const box = useBoxPicture(run)
  const close = (): void => saveAsRow(null)
  const lacking =
    instruction.trim() === ''
      ? 'Write the instruction.'
      : reasoning.trim() === ''
        ? 'Write the reasoning: a row teaches both.'
        : set === NEW && name.trim() === ''
          ? 'Give the new set a name.'
          : null

  async function save(): Promise<void> {
    setWorking(true)
    setError(null)
    try {
      const dataset = set === NEW ? (await createDataset(name.trim())).id : set
      const output = drawn === 'document' && box ? await api.upload(box.blob) : null
      const { row } = await api.call('datasets.addRun', { dataset, run: run.id, instruction, reasoning, output, split })
      remember('data.rightSet', dataset)
      close()
      toast({
        tone: 'good',
        message: 'Saved as a row.',
        action: {
          label: 'Open the data set',
          run: () => {
            openAt(dataset, row)
            onOpenData()
          },
        },
      })
    } catch (fault) {
      setError(asWords(fault))
      setWorking(false)
    }
  }
  return (
    <Dialog
      title="This edit was right"
      size="large"
      onClose={close}
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button kind="primary" icon="check" disabled={lacking !== null || working} onClick={() => void save()}>
            Save as a row
          </Button>
        </>
      }
    >
      <div className="right">
        <div className="right-pictures">
          {run.input && (
            <figure>
              <img src={api.blobUrl(run.input.blob)} alt="Input" />
              <figcaption>Input</figcaption>
            </figure>
          )}
          <figure>
            {drawn === 'document' && box ? (
              <img src={box.url} alt="Output" />
            ) : (
              run.picture && <img src={api.blobUrl(run.picture.blob)} alt="Output" />
            )}
            <figcaption>Output</figcaption>
          </figure>
          {box && (
            <SegmentedControl<Drawn>
              label="Which picture is right"
              value={drawn}
              segments={[
                { value: 'result', label: 'As the run drew it' },
                { value: 'document', label: 'As the document is now' },
              ]}
              onChange={setDrawn}
            />
          )}
        </div>
        <div className="right-words">
          <TextArea label="Instruction" rows={2} value={instruction} onChange={setInstruction} />
          <TextArea label="Reasoning, as it should be" rows={6} value={reasoning} onChange={setReasoning} />
          <div className="right-where">
            <Select
              label="Data set"
              value={set}
              options={[
                ...sets.map(({ id, name: called }) => ({ value: id, label: called })),
                { value: NEW, label: 'A new one' },
              ]}
              onChange={setSet}
            />
            {set === NEW && <TextField label="Its name" value={name} maxLength={200} onChange={setName} />}
            <div className="field">
              <span className="field-label">Split</span>
              <SegmentedControl
                label="Split"
                value={split}
                segments={[
                  { value: 'train', label: 'Train' },
                  { value: 'val', label: 'Val' },
                  { value: 'test', label: 'Test' },
                ]}
                onChange={setSplit}
              />
            </div>
          </div>
          {lacking !== null && <p className="field-hint">{lacking}</p>}
          {error !== null && <Notice tone="danger">{error}</Notice>}
        </div>
      </div>
    </Dialog>
  )
}

/** The part of the document the run was made for, as it looks now; null where it is another document's. */
function useBoxPicture(run: Run): { readonly blob: Blob; readonly url: string } | null {
  const [picture, setPicture] = useState<{ readonly blob: Blob; readonly url: string } | null>(null)
  useEffect(() => {
    const { document, documentId } = studio.get()
    if (!document || !run.box || run.document !== documentId || document.layers.length === 0) return
    let url: string | null = null
    let here = true
    renderBox(document, run.box).then(
      (blob) => {
        if (!here) return
        url = URL.createObjectURL(blob)
        setPicture({ blob, url })
      },
      () => undefined,
    )
    return () => {
      here = false
      if (url !== null) URL.revokeObjectURL(url)
    }
  }, [run])
  return picture
}
