/** Suites: those that ship, and one's own from a zip or from a folder of the server. */
import type { StudioSuite } from '../../../shared/ipc-bench.ts'
import { useState, type ReactElement } from 'react'
import { api } from '../../api.ts'
import { chooseFiles } from '../../state/download.ts'
import { toast } from '../../state/toasts.ts'
import { asWords } from '../../state/problems.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { EmptyState, Notice, ProgressBar } from '../../ui/feedback.tsx'
import { Icon } from '../../ui/Icon.tsx'
import { useStudio } from '../../state/store.ts'
import { setDraft } from './new-run-draft.ts'
import { useAnswer } from './use-answer.ts'

export function SuitesDialog({ onClose }: { readonly onClose: () => void }): ReactElement {
  const browser = useStudio((s) => s.host === 'browser')
  const suites = useAnswer('suites', async () => (await api.call('bench.suites', {})).suites)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string | null>(null)
  const [browsing, setBrowsing] = useState(false)

  async function attempt(work: () => Promise<void>): Promise<void> {
    setBusy(true)
    setError(null)
    try {
      await work()
      suites.again()
    } catch (problem) {
      setError(asWords(problem))
    } finally {
      setBusy(false)
    }
  }
  const taken = ({ id, title, prompts, faults }: StudioSuite): void => {
    setDraft({ suite: id })
    setBrowsing(false)
    toast(
      faults === null
        ? { tone: 'good', message: `${title} was added: ${prompts} prompts, all of them checked.` }
        : { tone: 'warning', message: `${title} was added; some of its prompts cannot be asked.` },
    )
  }
  const addZip = (): Promise<void> =>
    attempt(async () => {
      const [file] = await chooseFiles('.zip,application/zip')
      if (file) taken(await api.call('bench.addSuite', { blob: await api.upload(file), name: file.name }))
    })
  const addFolder = (): Promise<void> =>
    attempt(async () => {
      const { folder } = await api.call('folders.choose', {})
      if (folder) taken(await api.call('bench.addSuite', { folder: folder.handle }))
    })

  return (
    <Dialog
      title="Suites"
      onClose={onClose}
      footer={
        <>
          {browser ? (
            <Button icon="folder" disabled={busy} onClick={() => setBrowsing(!browsing)}>
              From the server …
            </Button>
          ) : (
            <Button icon="folder" disabled={busy} onClick={() => void addFolder()}>
              Add a folder …
            </Button>
          )}
          <Button icon="upload" disabled={busy} onClick={() => void addZip()}>
            Add a zip …
          </Button>
          <Button kind="primary" onClick={onClose}>
            Done
          </Button>
        </>
      }
    >
      <div className="bench-send">
        <p className="bench-note">
          A suite is a folder with suite.json, prompts.jsonl and pictures. Every line and picture is checked on the way
          in; a line that cannot be asked is named, and counted as unjudged in every report.
        </p>
        {busy && <ProgressBar value={null} label="Checking the suite" />}
        {error && <Notice tone="danger">{error}</Notice>}
        {browsing && (
          <ServerFolders
            onChoose={(folder) => void attempt(async () => taken(await api.call('bench.addSuite', { folder })))}
          />
        )}
        {suites.error && <Notice tone="danger">{suites.error}</Notice>}
        <ul className="bench-suites">
          {(suites.value ?? []).map(({ id, title, description, prompts, categories, exact, shipped, faults }) => (
            <li key={id}>
              <span className="bench-run-title">{title}</span>
              <span className="bench-run-facts">
                {prompts} prompts in {categories.length} {categories.length === 1 ? 'category' : 'categories'},{' '}
                {exact ? 'with ground truth' : 'for an endpoint as judge'}
                {shipped ? '' : ', added here'}
              </span>
              {description !== '' && <span className="bench-run-facts">{description}</span>}
              {faults !== null && <Notice>{faults}</Notice>}
              {!shipped && (
                <IconButton
                  small
                  icon="trash"
                  label={`Delete ${title}`}
                  onClick={() => void attempt(async () => void (await api.call('bench.deleteSuite', { suite: id })))}
                />
              )}
            </li>
          ))}
        </ul>
      </div>
    </Dialog>
  )
}

/** Folders the server may read: one that holds a suite.json is taken. */
function ServerFolders({ onChoose }: { readonly onChoose: (folder: string) => void }): ReactElement {
  const [path, setPath] = useState<readonly { handle: string; name: string }[]>([])
  const here = path.at(-1)
  const { value, error } = useAnswer(
    `folder ${here?.handle ?? ''}`,
    async () => (await api.call('folders.list', { folder: here?.handle ?? null })).entries,
  )
  const suite = value?.some(({ name, folder }) => !folder && name === 'suite.json') ?? false
  return (
    <section className="bench-folders" aria-label="Folders of the server">
      <div className="bench-form-row">
        <IconButton
          small
          icon="chevron-left"
          label="One folder up"
          disabled={path.length === 0}
          onClick={() => setPath(path.slice(0, -1))}
        />
        <span>{path.length === 0 ? 'Roots of the server' : path.map(({ name }) => name).join(' / ')}</span>
        <Button disabled={!suite || !here} onClick={() => here && onChoose(here.handle)}>
          Take this folder
        </Button>
      </div>
      {error && <Notice tone="danger">{error}</Notice>}
      {value?.length === 0 && (
        <EmptyState title="Nothing to show">
          {path.length === 0
            ? 'Start the server with --root FOLDER to let it read from there.'
            : 'The folder is empty.'}
        </EmptyState>
      )}
      <ul>
        {(value ?? [])
          .filter(({ folder }) => folder)
          .map(({ handle, name }) => (
            <li key={handle}>
              <button type="button" className="bench-folder" onClick={() => setPath([...path, { handle, name }])}>
                <Icon name="folder" size={14} />
                {name}
              </button>
            </li>
          ))}
      </ul>
    </section>
  )
}
