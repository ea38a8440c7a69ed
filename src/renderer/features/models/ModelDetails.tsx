/** One model or adapter: facts, lineage, scores, the person's note, and what can be done with it. */
import { useState, type ReactElement } from 'react'
import type { LibraryEntry } from '../../../shared/ipc-models.ts'
import { annotateModel, deleteModel, exportModel, useInEditor, useLibrary } from '../../state/library.ts'
import { when } from '../../state/runs-words.ts'
import { useStudio } from '../../state/store.ts'
import { toastError } from '../../state/toasts.ts'
import { Button } from '../../ui/Button.tsx'
import { ConfirmDialog } from '../../ui/Dialog.tsx'
import { TextArea } from '../../ui/Field.tsx'
import { Notice } from '../../ui/feedback.tsx'
import { Icon } from '../../ui/Icon.tsx'
import { EngineProfilePanel } from './EngineProfile.tsx'
import { ModelScores } from './ModelScores.tsx'
import { ancestry, bytesWords, countWords, madeWords } from './models-words.ts'

export function ModelDetails({
  entry,
  busy,
  act,
  onMerge,
  onChoose,
}: {
  readonly entry: LibraryEntry
  readonly busy: boolean
  readonly act: (what: string, work: () => Promise<unknown>) => Promise<void>
  readonly onMerge: () => void
  readonly onChoose: (id: string) => void
}): ReactElement {
  const [deleting, setDeleting] = useState(false)
  const [note, setNote] = useState(entry.note)
  const info = useStudio((s) => s.models.find(({ id }) => id === entry.id))
  const used = useStudio((s) => inUse(entry, s.document?.settings ?? null))
  const { adapter } = entry
  return (
    <div className="model">
      <header className="model-head">
        <h2>{entry.name}</h2>
        <span className="model-kind">{entry.kind === 'model' ? 'Model' : 'Adapter (LoRA)'}</span>
        {used && (
          <span className="model-used">
            <Icon name="check" size={12} /> used by this document
          </span>
        )}
      </header>
      <div className="model-actions">
        <Button kind="primary" icon="brush" disabled={busy} onClick={() => useInEditor(entry)}>
          Use in the editor
        </Button>
        {!entry.imported && (
          <Button icon="download" disabled={busy} onClick={() => void act('Packing', () => exportModel(entry.id))}>
            Export
          </Button>
        )}
        {entry.kind === 'adapter' && (
          <Button icon="merge" disabled={busy || adapter?.base?.id === null} onClick={onMerge}>
            Merge into a model …
          </Button>
        )}
        {!entry.shipped && (
          <Button kind="danger" icon="trash" disabled={busy} onClick={() => setDeleting(true)}>
            Delete …
          </Button>
        )}
      </div>
      {adapter && !adapter.base && (
        <Notice tone="warning">
          Where this adapter was trained is not recorded. It is checked against a model by its names and shapes alone.
        </Notice>
      )}
      {adapter?.base?.id === null && (
        <Notice tone="warning">
          It was trained on {adapter.base.name} ({adapter.base.hash.slice(0, 8)}), which is not here. Import that model
          to use it.
        </Notice>
      )}
      <dl className="model-facts">
        <Fact name="Parameters">{countWords(entry.parameters)}</Fact>
        <Fact name="Weights">{bytesWords(entry.bytes)}</Fact>
        {adapter && (
          <Fact name="Rank, alpha">
            {adapter.rank}, {Number(adapter.alpha.toPrecision(4))}
          </Fact>
        )}
        {adapter && (
          <Fact name="Matrices">
            {adapter.targets.join(', ')}
            {adapter.rows > 0 && `, and ${adapter.rows} rows of the embedding`}
          </Fact>
        )}
        {info && (
          <Fact name="Draws">
            {info.size} × {info.size} px in {info.grid} × {info.grid} cells
          </Fact>
        )}
        {info && (
          <Fact name="Reads, reasons">
            {info.instructionLength}, {info.reasoningLength} tokens
          </Fact>
        )}
        {entry.imported && (
          <Fact name="Published as">
            {entry.imported.title}, sampled as {entry.imported.behaviour === 'paper' ? 'the paper' : 'the public code'}
          </Fact>
        )}
        {entry.imported && <Fact name="Precision">{entry.imported.precision}</Fact>}
        {!entry.shipped && <Fact name="Changed">{when(entry.changedAt, Date.now())}</Fact>}
        {entry.hash !== null && (
          <Fact name="Hash">
            <code>{entry.hash.slice(0, 16)}</code>
          </Fact>
        )}
      </dl>
      {entry.imported?.agreement && <Agreement agreement={entry.imported.agreement} />}
      {entry.imported ? (
        <p className="model-with">
          Imported: its weights stay in the folder they came in, and are checked to be the same whenever it is opened.
        </p>
      ) : (
        <Lineage entry={entry} onChoose={onChoose} />
      )}
      {entry.kind === 'model' && <EngineProfilePanel model={entry.id} />}
      <ModelScores entry={entry} />
      <section aria-label="Note" className="model-note">
        <h3>Note</h3>
        <TextArea
          bare
          label="Note"
          placeholder="What it is good for, what to try next."
          value={note}
          maxLength={10_000}
          onChange={setNote}
          onBlur={() => {
            if (note !== entry.note) annotateModel(entry.id, note).catch(toastError)
          }}
        />
      </section>
      {deleting && (
        <ConfirmDialog
          title={`Delete "${entry.name}"?`}
          text="Its files will be gone. Runs made with it stay in the history, and can be looked at, but not continued. Export it first to keep a copy."
          action={entry.kind === 'model' ? 'Delete the model' : 'Delete the adapter'}
          onClose={() => setDeleting(false)}
          onConfirm={() => void act('Deleting', () => deleteModel(entry.id))}
        />
      )}
    </div>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }): ReactElement {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** How far quantised weights agree with the ones they came from. */
function Agreement({
  agreement,
}: {
  readonly agreement: NonNullable<NonNullable<LibraryEntry['imported']>['agreement']>
}): ReactElement {
  return (
    <section aria-label="Agreement">
      <h3>Agreement with the unquantised model</h3>
      <table className="model-scores">
        <thead>
          <tr>
            <th scope="col">Of</th>
            <th scope="col">Places compared</th>
            <th scope="col">Same likeliest token</th>
            <th scope="col">Divergence, nats</th>
          </tr>
        </thead>
        <tbody>
          {(['text', 'image'] as const).map((modality) => (
            <tr key={modality}>
              <td>{modality}</td>
              <td>{agreement[modality].places.toLocaleString('en')}</td>
              <td>{(100 * agreement[modality].top1).toFixed(1)} %</td>
              <td>{agreement[modality].divergence.toPrecision(3)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="model-with">
        Measured at the import, on {agreement.prompts} {agreement.prompts === 1 ? 'instruction' : 'instructions'}.
      </p>
    </section>
  )
}

/** From what it descends, oldest first; those that are here can be looked at. */
function Lineage({
  entry,
  onChoose,
}: {
  readonly entry: LibraryEntry
  readonly onChoose: (id: string) => void
}): ReactElement {
  const entries = useLibrary((s) => s.entries) ?? []
  const chain = ancestry(entry, entries)
  const { lineage } = entry
  const others = lineage?.from.slice(1) ?? []
  return (
    <section aria-label="Lineage">
      <h3>Lineage</h3>
      <ol className="model-chain">
        {chain.map((each) => (
          <li key={each.hash ?? ('id' in each ? each.id : each.name)} data-own={each === entry}>
            {'id' in each && each !== entry ? (
              <button type="button" onClick={() => onChoose(each.id)}>
                {each.name}
              </button>
            ) : (
              <span>{each.name}</span>
            )}
            {!('id' in each) && <span className="model-away">not here, {each.hash.slice(0, 8)}</span>}
            {'id' in each && each.lineage && <span className="model-made">{madeWords(each.lineage)}</span>}
            {'id' in each && each.shipped && (
              <span className="model-made">shipped; its card says how it was trained</span>
            )}
          </li>
        ))}
      </ol>
      {others.length > 0 && (
        <p className="model-with">With {others.map(({ name, weight }) => `${name} × ${weight}`).join(', ')}</p>
      )}
      {lineage?.data && (
        <p className="model-with">
          Data {lineage.data.hash.slice(0, 12)}, {lineage.data.rows.toLocaleString('en')} rows
        </p>
      )}
      {lineage?.recipe !== null && lineage?.recipe !== undefined && (
        <details className="model-recipe">
          <summary>Recipe</summary>
          <pre tabIndex={0}>{JSON.stringify(lineage.recipe, null, 2)}</pre>
        </details>
      )}
    </section>
  )
}

const inUse = (
  entry: LibraryEntry,
  settings: { model: string; adapters?: readonly { id: string }[] | undefined } | null,
): boolean =>
  settings !== null && (settings.model === entry.id || (settings.adapters ?? []).some(({ id }) => id === entry.id))
