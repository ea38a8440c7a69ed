/**
 * A published checkpoint comes in: its folder and that of its image tokenizer are chosen, what they hold is shown with all
 * that stands in the way, and name, precision and sampling are settled before anything is written.
 */
import { useState, type ReactElement } from 'react'
import { totalOf } from '../../../shared/hosting.ts'
import { startJob } from '../../state/jobs.ts'
import { asWords } from '../../state/problems.ts'
import { toast } from '../../state/toasts.ts'
import { FolderPicker, type Place } from '../../places/FolderPicker.tsx'
import { Button } from '../../ui/Button.tsx'
import { Select, SegmentedControl } from '../../ui/choices.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { TextField } from '../../ui/Field.tsx'
import { Notice } from '../../ui/feedback.tsx'
import { CheckpointFacts } from './CheckpointFacts.tsx'
import { useDownloads } from './Downloads.tsx'
import { bytesWords } from './models-words.ts'
import { useLook, type Choice } from './use-look.ts'

const variantNames = {
  'mmada-parallel-a': 'MMaDA-Parallel-A',
  'mmada-parallel-m': 'MMaDA-Parallel-M',
  mmada: 'MMaDA',
} as const
type Variant = keyof typeof variantNames
type Behaviour = 'released' | 'paper'

/** Instructions the agreement report reads: two take a few forwards each, and tell. */
const PROMPTS = 2

export function CheckpointDialog({
  first,
  onClose,
}: {
  /** A folder that is chosen already: a download. */
  readonly first: Place | null
  readonly onClose: () => void
}): ReactElement {
  const downloads = useDownloads()
  const [folder, setFolder] = useState(first)
  const [vq, setVq] = useState<Place | null>(null)
  const [variant, setVariant] = useState<Variant | null>(null)
  const [name, setName] = useState(first?.name ?? '')
  const [precision, setPrecision] = useState<string | null>(null)
  const [behaviour, setBehaviour] = useState<Behaviour>('released')
  const [error, setError] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const source = folder && { folder: folder.handle, vq: vq?.handle ?? null, variant, imageSize: null }
  const { found, looking, fault } = useLook(source)
  const look = found?.look ?? null
  const chosen: Choice | undefined = look?.choices.find((each) => each.precision === precision) ?? look?.choices[0]
  const ready = look !== null && look.problems.length === 0 && !looking && name.trim() !== ''
  const asksVariant = variant !== null || (look?.problems.some(({ about }) => about === 'variant') ?? false)
  const asksVq = vq !== null || (look?.problems.some(({ about }) => about === 'vq') ?? false)

  async function start(): Promise<void> {
    if (!source || !chosen) return
    setBusy(true)
    setError(null)
    try {
      const stored = chosen.precision === look?.precision
      await startJob({
        kind: 'checkpoint-import',
        source,
        name: name.trim(),
        behaviour,
        precision: stored ? null : chosen.precision,
        prompts: stored ? 0 : PROMPTS,
      })
      toast({ tone: 'info', message: `${name.trim()} is being imported.` })
      onClose()
    } catch (reason) {
      setError(asWords(reason))
      setBusy(false)
    }
  }
  return (
    <Dialog
      title="Import a published checkpoint"
      size="large"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" disabled={!ready || busy} onClick={() => void start()}>
            {chosen && chosen.disk > 0 ? 'Import and quantise' : 'Import'}
          </Button>
        </>
      }
    >
      <div className="checkpoint">
        <p className="field-hint">
          MMaDA-Parallel-A, MMaDA-Parallel-M or MMaDA as Hugging Face lays them out: config.json, tokenizer.json and
          .safetensors files. The weights stay where they are and nothing is written beside them.
        </p>
        <fieldset className="checkpoint-part">
          <legend>Folder of the checkpoint</legend>
          {first ? (
            <p>{first.name}, as it was downloaded</p>
          ) : (
            <FolderPicker
              chosen={folder}
              foldersOnly
              label="Checkpoint folders"
              onChoose={(place) => {
                setFolder(place)
                setVq(null)
                setVariant(null)
                setPrecision(null)
                setName(place.name.slice(0, 100))
              }}
            />
          )}
        </fieldset>
        {fault !== null && <Notice tone="danger">{fault}</Notice>}
        {folder && <CheckpointFacts look={look} looking={looking} />}
        {asksVariant && (
          <Select<Variant | ''>
            label="Which model it is"
            value={variant ?? ''}
            options={[
              { value: '', label: 'Choose …' },
              ...(Object.keys(variantNames) as Variant[]).map((value) => ({ value, label: variantNames[value] })),
            ]}
            onChange={(value) => setVariant(value === '' ? null : value)}
          />
        )}
        {asksVq && (
          <fieldset className="checkpoint-part">
            <legend>Folder of its image tokenizer</legend>
            {downloads.length > 0 && (
              <div className="get-known" role="group" aria-label="Downloaded tokenizers">
                {downloads
                  .filter(({ handle }) => handle !== folder?.handle)
                  .map((each) => (
                    <button
                      key={each.job}
                      type="button"
                      aria-pressed={each.handle === vq?.handle}
                      onClick={() => setVq(each)}
                    >
                      {each.name}
                    </button>
                  ))}
              </div>
            )}
            <FolderPicker chosen={vq} foldersOnly label="Tokenizer folders" onChoose={setVq} />
          </fieldset>
        )}
        {look && look.choices.length > 0 && chosen && (
          <>
            <TextField label="Name" value={name} maxLength={100} onChange={setName} />
            <SegmentedControl
              label="Precision"
              value={chosen.precision}
              segments={look.choices.map((each) => ({
                value: each.precision,
                label: `${each.precision}${each.precision === look.precision ? ', as stored' : ''}`,
              }))}
              onChange={setPrecision}
            />
            <p className="field-hint">{precisionWords(chosen, found?.memory.free ?? null)}</p>
            <SegmentedControl<Behaviour>
              label="Sampled as"
              value={behaviour}
              segments={[
                { value: 'released', label: 'The public code' },
                { value: 'paper', label: 'The paper' },
              ]}
              onChange={setBehaviour}
            />
          </>
        )}
        {error !== null && <Notice tone="danger">{error}</Notice>}
      </div>
    </Dialog>
  )
}

/** "Nothing is written. A run takes about 18 GB of memory; 12 GB are free." */
function precisionWords({ disk, memory }: Choice, free: number | null): string {
  const written =
    disk > 0
      ? `${bytesWords(disk)} of quantised weights are written into the studio, and measured against the originals.`
      : 'Nothing is copied.'
  const needs = totalOf(memory)
  const enough =
    free === null ? '' : free < needs ? `; only ${bytesWords(free)} are free now` : `; ${bytesWords(free)} are free`
  return `${written} A run takes about ${bytesWords(needs)} of memory (estimated)${enough}.`
}
