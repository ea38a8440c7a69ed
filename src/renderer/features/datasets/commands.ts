/** Commands of the data screen, in the palette and on the keyboard while it is open. */
import type { Command } from '../../state/commands.ts'
import { startCheck } from './check.ts'
import { showDialog } from './dialogs.ts'
import { openSet, showTab, travel } from './rows-state.ts'

const scope = 'data'
const screen = 'data'
const canEdit = (): boolean => openSet()?.editable === true

export const dataCommands = (): Command[] => [
  {
    id: 'data.undo',
    title: 'Undo the last change of the data set',
    group: 'Edit',
    chord: 'Ctrl+Z',
    scope,
    screen,
    when: () => (openSet()?.undo ?? null) !== null,
    run: () => travel('undo'),
  },
  {
    id: 'data.redo',
    title: 'Redo the change of the data set',
    group: 'Edit',
    chord: 'Ctrl+Shift+Z',
    scope,
    screen,
    when: () => (openSet()?.redo ?? null) !== null,
    run: () => travel('redo'),
  },
  {
    id: 'data.import',
    title: 'Import a data set',
    group: 'Project',
    scope,
    screen,
    run: () => showDialog({ name: 'import', brought: null }),
  },
  {
    id: 'data.check',
    title: 'Check the data set',
    group: 'Project',
    scope,
    screen,
    when: () => openSet() !== null,
    run: async () => {
      const set = openSet()
      if (set) await startCheck(set.id)
    },
  },
  {
    id: 'data.split',
    title: 'Draw the splits',
    group: 'Project',
    scope,
    screen,
    when: canEdit,
    run: () => showDialog({ name: 'split' }),
  },
  {
    id: 'data.export',
    title: 'Export the data set',
    group: 'Project',
    scope,
    screen,
    when: () => openSet() !== null,
    run: () => showDialog({ name: 'export' }),
  },
  ...(['rows', 'problems', 'stats'] as const).map((tab): Command => ({
    id: `data.${tab}`,
    title: { rows: 'Rows', problems: 'Problems', stats: 'Statistics' }[tab] + ' of the data set',
    group: 'View',
    scope,
    screen,
    run: () => showTab(tab),
  })),
]
