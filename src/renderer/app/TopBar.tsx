/** The bar: project, whether it is saved, undo and redo, view, theme, palette, connection. */
import { useRef, useState, type ReactElement } from 'react'
import { redo, undo } from '../state/documents.ts'
import { sayTrouble, useSaveState, type SaveState } from '../state/documents-trouble.ts'
import { runById, useChord } from '../state/commands.ts'
import { useJobs, waitingJobs } from '../state/jobs.ts'
import { openProject } from '../state/projects.ts'
import { duration } from '../state/runs-words.ts'
import { setPreferences } from '../state/session-preferences.ts'
import { useStudio } from '../state/store.ts'
import { toastError } from '../state/toasts.ts'
import { IconButton } from '../ui/Button.tsx'
import { Icon, type IconName } from '../ui/Icon.tsx'
import { Kbd } from '../ui/Kbd.tsx'
import { Menu, MenuButton, type MenuItem } from '../ui/Menu.tsx'
import { Tooltip } from '../ui/Tooltip.tsx'
import { useThemeName } from '../ui/use-theme.ts'
import { KeptMessages } from './KeptMessages.tsx'
import { layout, useLayout } from './layout.ts'
import { screenOfJob, screens } from './screens.ts'

export function TopBar(): ReactElement {
  const editing = useLayout((l) => l.screen === 'edit')
  const canUndo = useStudio((s) => s.canUndo)
  const canRedo = useStudio((s) => s.canRedo)
  const undoChord = useChord('edit.undo')
  const redoChord = useChord('edit.redo')
  return (
    <header className="topbar">
      <ProjectSwitcher />
      <SaveMark />
      {/* On the other screens their place stays, so that the tabs beside them stand still under the pointer. */}
      <span className="topbar-group" data-away={!editing || undefined}>
        <IconButton
          icon="undo"
          label={canUndo === null ? 'Undo' : `Undo: ${canUndo}`}
          shortcut={undoChord}
          disabled={canUndo === null}
          keepsFocus
          onClick={undo}
        />
        <IconButton
          icon="redo"
          label={canRedo === null ? 'Redo' : `Redo: ${canRedo}`}
          shortcut={redoChord}
          disabled={canRedo === null}
          keepsFocus
          onClick={redo}
        />
      </span>
      {screens.length > 1 && <Screens />}
      <PaletteField />
      <span className="topbar-end">
        <JobChip />
        <KeptMessages />
        <Connection />
        <ThemeButton />
        <StudioMenu />
      </span>
    </header>
  )
}

function Screens(): ReactElement {
  const open = useLayout((s) => s.screen)
  return (
    <nav className="screens" aria-label="Screens">
      {screens.map(({ name, label, icon }) => (
        <button
          key={name}
          type="button"
          aria-current={open === name ? 'page' : undefined}
          onClick={() => layout.showScreen(name)}
        >
          <Icon name={icon} size={14} />
          {label}
        </button>
      ))}
    </nav>
  )
}

/** The long work that goes on, wherever the person is; a click looks at it. */
function JobChip(): ReactElement | null {
  const job = useJobs((s) => waitingJobs(s).find(({ state }) => state !== 'queued') ?? null)
  if (!job) return null
  const { progress, etaMs, title } = job
  const share = progress && progress.total > 0 ? ` ${Math.floor((100 * progress.done) / progress.total)} %` : ''
  const words = `${title}${share}${etaMs === null ? '' : `, ${duration(etaMs)} left`}`
  const screen = screenOfJob(job.spec.kind)
  return (
    <Tooltip text={words}>
      <button
        type="button"
        className="job-chip"
        aria-label={words}
        onClick={() => (screen === null ? layout.showDrawer('queue') : layout.showScreen(screen))}
      >
        <span className="spinner" aria-hidden="true" />
        <span>{title}</span>
        <span>{share}</span>
      </button>
    </Tooltip>
  )
}

function ProjectSwitcher(): ReactElement {
  const anchor = useRef<HTMLButtonElement>(null)
  const [open, setOpen] = useState(false)
  const project = useStudio((s) => s.project)
  const projects = useStudio((s) => s.projects)
  const recent = [...projects].sort((a, b) => b.updatedAt - a.updatedAt).slice(0, 8)
  const items: MenuItem[] = [
    ...recent.map((entry) => ({
      label: entry.name,
      checked: entry.id === project?.id,
      onSelect: () => void openProject(entry).catch(toastError),
    })),
    'divider',
    { label: 'All projects …', icon: 'folder', onSelect: () => layout.open('projects') },
  ]
  return (
    <>
      <button
        ref={anchor}
        type="button"
        className="project-switcher"
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={`Project: ${project?.name ?? 'none'}`}
        onClick={() => setOpen(!open)}
      >
        <span className="project-mark" aria-hidden="true" />
        <span className="project-name">{project?.name ?? 'No project'}</span>
        <Icon name="chevron-down" size={12} />
      </button>
      {open && <Menu anchor={anchor} label="Projects" items={items} onClose={() => setOpen(false)} />}
    </>
  )
}

const saveWords: Readonly<Record<SaveState, { icon: IconName; text: string; detail: string }>> = {
  saved: { icon: 'check', text: 'Saved', detail: 'Every change is stored as you work.' },
  saving: { icon: 'upload', text: 'Saving', detail: 'The last changes are being stored.' },
  waiting: {
    icon: 'warning',
    text: 'Not saved yet',
    detail: 'The studio cannot be reached. Your changes are kept here and stored when it is back.',
  },
  failed: { icon: 'warning', text: 'Not saved', detail: 'The last changes were refused.' },
  conflict: { icon: 'warning', text: 'Not saved', detail: 'Another window changed this document.' },
}

function SaveMark(): ReactElement {
  const { state, trouble } = useSaveState()
  const words = saveWords[state]
  const mark = (
    <span className={`save-mark save-${state}`} role="status" aria-label={words.text}>
      <Icon name={words.icon} size={14} />
      <span>{words.text}</span>
    </span>
  )
  return (
    <Tooltip text={trouble ? `${trouble.message} ${trouble.remedy}` : words.detail}>
      {trouble ? (
        <button type="button" className="save-why" aria-label={`${words.text}: why`} onClick={sayTrouble}>
          {mark}
        </button>
      ) : (
        mark
      )}
    </Tooltip>
  )
}

function PaletteField(): ReactElement {
  const chord = useChord('studio.palette')
  return (
    <button type="button" className="palette-field" onClick={() => layout.open('palette')}>
      <Icon name="search" size={14} />
      <span>Search commands</span>
      {chord !== undefined && <Kbd chord={chord} />}
    </button>
  )
}

function Connection(): ReactElement | null {
  const connected = useStudio((s) => s.connected)
  if (connected) return null
  return (
    <Tooltip text="The studio cannot be reached. Where it was started anew, open the link it printed.">
      <span className="connection" role="status">
        <span className="spinner" aria-hidden="true" />
        Reconnecting
      </span>
    </Tooltip>
  )
}

function ThemeButton(): ReactElement {
  const dark = useThemeName() === 'dark'
  return (
    <IconButton
      icon={dark ? 'sun' : 'moon'}
      label={dark ? 'Light theme' : 'Dark theme'}
      onClick={() => setPreferences({ theme: dark ? 'light' : 'dark' })}
    />
  )
}

function StudioMenu(): ReactElement {
  const items: MenuItem[] = [
    { label: 'Projects', icon: 'folder', onSelect: () => layout.open('projects') },
    { label: 'Preferences', icon: 'settings', onSelect: () => layout.open('settings') },
    { label: 'Shortcuts', icon: 'keyboard', onSelect: () => layout.open('shortcuts') },
    'divider',
    { label: 'Copy diagnostics', icon: 'copy', onSelect: () => runById('studio.diagnostics') },
    { label: 'About Tandem Studio', icon: 'info', onSelect: () => layout.open('about') },
  ]
  return <MenuButton label="Studio menu" items={items} />
}
