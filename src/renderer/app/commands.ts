/** The studio's own commands with their default chords; tools and canvas commands join from the canvas's list. */
import type { Candidate } from '../../shared/document.ts'
import { renderDocument } from '../canvas/compose.ts'
import { api } from '../api.ts'
import { canvas, useEditor } from '../canvas/editor-store.ts'
import { canvasCommands } from '../features/edit/canvas-commands.ts'
import { acceptCandidate, rejectCandidate } from '../features/edit/staging-actions.ts'
import type { Command } from '../state/commands.ts'
import { comparison } from '../state/comparison.ts'
import { saveAsRow } from '../state/datasets.ts'
import { redo, setSettings, undo } from '../state/documents.ts'
import { copyDiagnostics, download } from '../state/download.ts'
import { play } from '../state/playback.ts'
import type { PlaybackAction } from '../state/playback-reducer.ts'
import { createProject, exportProject, freeProjectName, openProject } from '../state/projects.ts'
import { cancelRun, exportRun, reuseSettings, startBatch, startRuns } from '../state/runs.ts'
import { modes } from '../state/runs-words.ts'
import { setPreferences } from '../state/session-preferences.ts'
import { studio } from '../state/store.ts'
import { choosePictures } from './files.ts'
import { focusCanvas, focusInside } from './focus.ts'
import { layout, useLayout, type Drawer, type SideTab } from './layout.ts'
import { screens } from './screens.ts'

/** The field of the run panel that holds the instruction. */
export const INSTRUCTION_ID = 'instruction'

const viewed = (): string | null => studio.get().viewedRun
const hasView = (): boolean => viewed() !== null
const hasDocument = (): boolean => studio.get().document !== null

function onViewed(act: (run: string) => void | Promise<void>): () => void | Promise<void> {
  return () => {
    const run = viewed()
    return run === null ? undefined : act(run)
  }
}

/** The staged result that lies on the canvas. */
function candidate(): Candidate | null {
  const { candidate: run } = useEditor.getState()
  return studio.get().document?.staging.find((staged) => staged.run === run) ?? null
}

function playback(id: string, title: string, chord: string, action: PlaybackAction): Command {
  return { id: `playback.${id}`, title, group: 'Playback', chord, when: hasView, run: () => play(action) }
}

/** Moves the focus to the instruction, wherever the panel is. */
export function focusInstruction(): void {
  layout.showTab('run')
  // The tab is mounted with the next frame.
  requestAnimationFrame(() => document.getElementById(INSTRUCTION_ID)?.focus())
}

/** The bare pixels: a document may hold strokes and results of many runs, so no one recipe makes it again. */
async function exportPicture(): Promise<void> {
  const { document, project } = studio.get()
  if (!document) return
  const blob = await api.upload(await renderDocument(document))
  download({ blob, name: `${project?.name ?? 'picture'}.png` })
}

const runs: readonly Command[] = [
  {
    id: 'run.start',
    title: 'Run',
    group: 'Run',
    chord: 'Ctrl+Enter',
    when: hasDocument,
    run: startBatch,
  },
  {
    id: 'run.batch',
    title: 'Run four seeds',
    group: 'Run',
    when: hasDocument,
    run: () => startRuns({ count: 4, lane: 'interactive' }),
  },
  {
    id: 'run.cancel',
    title: 'Stop the run that goes on',
    group: 'Run',
    chord: 'Ctrl+.',
    when: () => studio.get().queue.length > 0,
    run: () => {
      const { queue } = studio.get()
      const item = queue.find(({ state }) => state !== 'queued') ?? queue[0]
      return item && cancelRun(item.run)
    },
  },
  { id: 'run.instruction', title: 'Go to the instruction', group: 'Run', chord: '/', run: focusInstruction },
  {
    id: 'run.lockSeed',
    title: 'Lock or free the seed',
    group: 'Run',
    when: hasDocument,
    run: () => {
      const seed = studio.get().document?.settings.seed ?? null
      setSettings({ seed: seed === null ? Math.floor(Math.random() * 2 ** 32) : null })
    },
  },
  ...modes.map(({ mode, name }): Command => ({
    id: `run.mode.${mode}`,
    title: `Mode: ${name}`,
    group: 'Run',
    when: hasDocument,
    run: () => setSettings({ mode }),
  })),
  {
    id: 'run.reuse',
    title: 'Use the settings of the viewed run',
    group: 'Run',
    when: hasView,
    run: onViewed((id) => {
      const run = studio.get().runs.get(id)
      if (run) reuseSettings(run)
    }),
  },
  {
    id: 'run.right',
    title: 'This edit was right: save the viewed run as a row of a data set',
    group: 'Run',
    when: () => {
      const id = viewed()
      return id !== null && (studio.get().runs.get(id)?.picture ?? null) !== null
    },
    run: onViewed((id) => saveAsRow(id)),
  },
  ...(
    [
      ['png', 'picture (PNG)'],
      ['gif', 'animation (GIF)'],
      ['webp', 'animation (WebP)'],
      ['frames', 'frames (ZIP)'],
      ['trajectory', 'trajectory (.tdm)'],
    ] as const
  ).map(([kind, what]): Command => ({
    id: `run.export.${kind}`,
    title: `Export the viewed run as ${what}`,
    group: 'Run',
    when: hasView,
    run: onViewed((id) => exportRun(id, kind)),
  })),
]

const editing: readonly Command[] = [
  {
    id: 'edit.undo',
    title: 'Undo',
    group: 'Edit',
    chord: 'Ctrl+Z',
    when: () => studio.get().canUndo !== null,
    run: undo,
  },
  {
    id: 'edit.redo',
    title: 'Redo',
    group: 'Edit',
    chord: 'Ctrl+Shift+Z',
    when: () => studio.get().canRedo !== null,
    run: redo,
  },
  {
    id: 'edit.redoAlso',
    title: 'Redo (second chord)',
    group: 'Edit',
    chord: 'Ctrl+Y',
    when: () => studio.get().canRedo !== null,
    run: redo,
  },
  {
    id: 'edit.accept',
    title: 'Accept the result on the canvas',
    group: 'Edit',
    chord: 'A',
    when: () => candidate() !== null,
    run: () => {
      const shown = candidate()
      return shown ? acceptCandidate(shown) : undefined
    },
  },
  {
    id: 'edit.reject',
    title: 'Reject the result on the canvas',
    group: 'Edit',
    chord: 'X',
    when: () => candidate() !== null,
    run: () => {
      const shown = candidate()
      if (shown) rejectCandidate(shown)
    },
  },
  {
    id: 'edit.giveUp',
    title: 'Give up what is under way',
    group: 'Edit',
    chord: 'Escape',
    run: () => {
      const { editor, candidate: run, armed } = useEditor.getState()
      editor?.cancel()
      if (run !== null) canvas.showCandidate(null)
      else if (armed !== null) canvas.arm(null)
    },
  },
]

const playing: readonly Command[] = [
  playback('toggle', 'Play or pause', 'Space', { type: 'toggle' }),
  playback('next', 'Next step', 'ArrowRight', { type: 'by', delta: 1 }),
  playback('previous', 'Previous step', 'ArrowLeft', { type: 'by', delta: -1 }),
  playback('start', 'First step', 'Home', { type: 'start' }),
  playback('end', 'Last step', 'End', { type: 'end' }),
  playback('nextImage', 'Next step that draws', ']', { type: 'jump', track: 'image', direction: 1 }),
  playback('previousImage', 'Previous step that draws', '[', { type: 'jump', track: 'image', direction: -1 }),
  playback('nextText', 'Next step that writes', '.', { type: 'jump', track: 'text', direction: 1 }),
  playback('previousText', 'Previous step that writes', ',', { type: 'jump', track: 'text', direction: -1 }),
  {
    id: 'playback.compare',
    title: 'Compare two runs',
    group: 'Playback',
    chord: 'Shift+C',
    run: () => comparison.toggle(),
  },
]

/** A chord that opens a drawer goes into it, one that closes it back to the canvas. */
function goToDrawer(drawer: Drawer): void {
  layout.toggleDrawer(drawer)
  if (useLayout.getState().drawer === drawer) focusInside('.drawer-body')
  else focusCanvas()
}

function goToTab(tab: SideTab): void {
  layout.showTab(tab)
  focusInside('.side-tabs [role=tab][aria-selected=true]')
}

const drawers: readonly Command[] = [
  { id: 'view.tray', title: 'Tray', group: 'View', chord: 'Alt+1', run: () => goToDrawer('tray') },
  { id: 'view.history', title: 'History', group: 'View', chord: 'Alt+2', run: () => goToDrawer('history') },
  { id: 'view.queue', title: 'Queue', group: 'View', chord: 'Alt+3', run: () => goToDrawer('queue') },
  { id: 'view.run', title: 'Run panel', group: 'View', chord: 'Alt+4', run: () => goToTab('run') },
  { id: 'view.layers', title: 'Layers and mask', group: 'View', chord: 'Alt+5', run: () => goToTab('layers') },
  { id: 'view.tree', title: 'Branches', group: 'View', chord: 'Alt+6', run: () => goToTab('tree') },
]

const themes: readonly Command[] = [
  ...(['light', 'dark', 'system'] as const).map((theme): Command => ({
    id: `view.theme.${theme}`,
    title: `Theme: ${theme === 'system' ? 'as the system' : theme}`,
    group: 'View',
    run: () => setPreferences({ theme }),
  })),
]

const project: readonly Command[] = [
  { id: 'project.open', title: 'Open files …', group: 'Project', chord: 'Ctrl+O', run: choosePictures },
  {
    id: 'project.openServed',
    title: 'Open a file of the server …',
    group: 'Project',
    when: () => studio.get().host === 'browser',
    run: () => layout.open('served'),
  },
  {
    id: 'project.exportPicture',
    title: 'Export the document as a picture, without a recipe',
    group: 'Project',
    chord: 'Ctrl+Shift+E',
    when: hasDocument,
    run: exportPicture,
  },
  {
    id: 'project.new',
    title: 'New project',
    group: 'Project',
    run: async () => openProject(await createProject(freeProjectName(studio.get().projects))),
  },
  { id: 'project.list', title: 'All projects …', group: 'Project', run: () => layout.open('projects') },
  {
    id: 'project.export',
    title: 'Export the project as one file',
    group: 'Project',
    when: () => studio.get().project !== null,
    run: async () => {
      const open = studio.get().project
      if (open) await exportProject(open)
    },
  },
]

const wide: readonly Command[] = [
  {
    id: 'studio.palette',
    title: 'Command palette',
    group: 'Studio',
    chord: 'Ctrl+K',
    run: () => layout.open('palette'),
  },
  { id: 'studio.shortcuts', title: 'Shortcuts', group: 'Studio', chord: '?', run: () => layout.open('shortcuts') },
  { id: 'studio.settings', title: 'Preferences', group: 'Studio', chord: 'Ctrl+,', run: () => layout.open('settings') },
  { id: 'studio.about', title: 'About Tandem Studio', group: 'Studio', run: () => layout.open('about') },
  { id: 'studio.diagnostics', title: 'Copy diagnostics', group: 'Studio', run: () => copyDiagnostics() },
]

/** Screens by number, in the order of the bar. */
const going = (): readonly Command[] =>
  screens.length < 2
    ? []
    : screens.map(({ name, label }, i): Command => ({
        id: `screen.${name}`,
        title: `Go to ${label}`,
        group: 'View',
        chord: `Ctrl+${i + 1}`,
        run: () => layout.showScreen(name),
      }))

/** Of the editor alone: on other screens its keys belong to them. */
const inEditor = (commands: readonly Command[]): Command[] =>
  commands.map((command) => ({
    ...command,
    screen: 'edit',
    when: () => useLayout.getState().screen === 'edit' && (command.when?.() ?? true),
  }))

export const standardCommands = (): readonly Command[] => [
  ...going(),
  ...inEditor([...runs, ...editing, ...canvasCommands, ...drawers, ...playing]),
  ...themes,
  ...project,
  ...wide,
]
