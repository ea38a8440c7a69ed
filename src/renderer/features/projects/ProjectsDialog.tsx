/** Projects: open, make, rename, delete, take out as one file and bring back in. */
import { useEffect, useLayoutEffect, useRef, useState, type ReactElement } from 'react'
import type { Project } from '../../../shared/studio.ts'
import { chooseFiles } from '../../state/download.ts'
import {
  createProject,
  deleteProject,
  exportProject,
  freeProjectName,
  importProject,
  openProject,
  refreshProjects,
  renameProject,
} from '../../state/projects.ts'
import { when } from '../../state/runs-words.ts'
import { useStudio } from '../../state/store.ts'
import { useWaits, waitFor, wasStopped } from '../../state/waits.ts'
import { asWords } from '../../state/problems.ts'
import { Button } from '../../ui/Button.tsx'
import { ConfirmDialog, Dialog } from '../../ui/Dialog.tsx'
import { EmptyState, Notice, ProgressBar, WaitLine } from '../../ui/feedback.tsx'
import { TextField } from '../../ui/Field.tsx'
import { Icon } from '../../ui/Icon.tsx'
import { MenuButton } from '../../ui/Menu.tsx'
import './projects.css'

export function ProjectsDialog({ onClose }: { readonly onClose: () => void }): ReactElement {
  const projects = useStudio((s) => s.projects)
  const open = useStudio((s) => s.project)
  const [query, setQuery] = useState('')
  const [busy, setBusy] = useState<string | null>(null)
  const wait = useWaits((s) => s.waits.at(-1))
  const [error, setError] = useState<string | null>(null)
  const [renaming, setRenaming] = useState<string | null>(null)
  const [deleting, setDeleting] = useState<Project | null>(null)
  const list = useRef<HTMLUListElement>(null)
  /** The project whose name was typed: the focus goes on with it. */
  const named = useRef<string | null>(null)
  useLayoutEffect(() => {
    if (renaming !== null || named.current === null) return
    list.current?.querySelector<HTMLElement>(`[data-project="${named.current}"]`)?.focus()
    named.current = null
  }, [renaming])
  useEffect(() => {
    refreshProjects().catch((reason: unknown) => setError(asWords(reason)))
  }, [])
  const now = Date.now()
  const shown = [...projects]
    .filter(({ name }) => name.toLowerCase().includes(query.trim().toLowerCase()))
    .sort((a, b) => b.updatedAt - a.updatedAt)

  /** One thing at a time, with its words while it lasts and what went wrong after it. */
  const act = async (what: string, work: () => Promise<unknown>): Promise<boolean> => {
    setBusy(what)
    setError(null)
    try {
      await work()
      return true
    } catch (reason) {
      if (!wasStopped(reason)) setError(asWords(reason))
      return false
    } finally {
      setBusy(null)
    }
  }
  const openThis = async (project: Project): Promise<void> => {
    if (await act('Opening', () => openProject(project))) onClose()
  }
  return (
    <Dialog
      title="Projects"
      onClose={onClose}
      footer={
        <>
          <Button
            icon="upload"
            disabled={busy !== null}
            onClick={() => {
              void chooseFiles('.tandem').then(async ([file]) => {
                if (
                  file &&
                  (await act('Importing', () =>
                    waitFor(`Importing ${file.name}`, (waiting) => importProject(file, waiting)),
                  ))
                )
                  onClose()
              })
            }}
          >
            Import a file
          </Button>
          <Button
            kind="primary"
            icon="plus"
            disabled={busy !== null}
            onClick={() => {
              void act('Making a project', async () => {
                const project = await createProject(freeProjectName(projects))
                await openProject(project)
                setRenaming(project.id)
              })
            }}
          >
            New project
          </Button>
        </>
      }
    >
      <div className="projects">
        {projects.length > 5 && (
          <TextField bare label="Search projects" placeholder="Search projects" value={query} onChange={setQuery} />
        )}
        {error !== null && <Notice tone="danger">{error}</Notice>}
        {busy !== null && (wait ? <WaitLine wait={wait} /> : <ProgressBar value={null} label={busy} />)}
        {shown.length === 0 && <EmptyState title="No project is called that" />}
        <ul ref={list} className="project-list" aria-label="Projects">
          {shown.map((project) => (
            <li key={project.id} className="project" data-open={project.id === open?.id}>
              <Icon name={project.id === open?.id ? 'check' : 'folder'} />
              {renaming === project.id ? (
                <RenameField
                  name={project.name}
                  onDone={(name, stays) => {
                    named.current = stays ? project.id : null
                    setRenaming(null)
                    if (name !== null && name !== project.name) void act('Renaming', () => renameProject(project, name))
                  }}
                />
              ) : (
                <button
                  type="button"
                  className="project-open"
                  data-project={project.id}
                  onClick={() => void openThis(project)}
                >
                  <span className="project-title">{project.name}</span>
                  <span className="project-facts">
                    {project.runs === 1 ? '1 run' : `${project.runs} runs`}, changed {when(project.updatedAt, now)}
                  </span>
                </button>
              )}
              <MenuButton
                small
                label={`Actions for ${project.name}`}
                items={[
                  { label: 'Rename', icon: 'text', onSelect: () => setRenaming(project.id) },
                  {
                    label: 'Export as one file',
                    icon: 'download',
                    onSelect: () => void act('Exporting', () => exportProject(project)),
                  },
                  'divider',
                  { label: 'Delete …', icon: 'trash', danger: true, onSelect: () => setDeleting(project) },
                ]}
              />
            </li>
          ))}
        </ul>
      </div>
      {deleting && (
        <ConfirmDialog
          title={`Delete "${deleting.name}"?`}
          text={`Its document${deleting.runs === 0 ? '' : deleting.runs === 1 ? ' and its run' : ` and its ${deleting.runs} runs`} will be gone. This cannot be undone; export it first to keep a copy.`}
          action="Delete the project"
          onClose={() => setDeleting(null)}
          onConfirm={() => void act('Deleting', () => deleteProject(deleting))}
        />
      )}
    </Dialog>
  )
}

function RenameField({
  name,
  onDone,
}: {
  readonly name: string
  /** Null: it keeps the one it has. `stays`: said by a key, so the focus went nowhere else. */
  readonly onDone: (name: string | null, stays: boolean) => void
}): ReactElement {
  const [text, setText] = useState(name)
  const wanted = text.trim()
  return (
    <TextField
      bare
      autoFocus
      label="Name of the project"
      value={text}
      maxLength={200}
      onChange={setText}
      onFocus={(event) => event.target.select()}
      onBlur={() => onDone(wanted === '' ? null : wanted, false)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== 'Escape') return
        // The rest of the key would press what has the focus next, or close the dialog.
        event.preventDefault()
        onDone(event.key === 'Escape' || wanted === '' ? null : wanted, true)
      }}
    />
  )
}
