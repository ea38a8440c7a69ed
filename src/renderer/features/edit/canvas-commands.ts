/** What the canvas can be told by key, menu and palette: one list, so that each is named and bound once. */
import { canvas, useEditor } from '../../canvas/editor-store.ts'
import { tools } from '../../canvas/tools/index.ts'
import type { Command } from '../../state/commands.ts'
import { studio } from '../../state/store.ts'
import { addLayer, mergeDown } from './layer-actions.ts'
import { clearMask, exportMask, importMask, invertMask, maskWholeCells } from './mask-actions.ts'
import { clearSelection, maskFromSelection, selectAll } from './selection-actions.ts'
import { toggleCompare } from './staging-actions.ts'

const open = (): boolean => studio.get().document !== null
const masked = (): boolean => (studio.get().document?.mask.length ?? 0) > 0
const selected = (): boolean => useEditor.getState().selection !== null
const staged = (): boolean => (studio.get().document?.staging.length ?? 0) > 0

/** For the shell's registry. */
export const canvasCommands: readonly Command[] = [
  ...tools.map(({ id, label, shortcut }): Command => ({
    id: `tool.${id}`,
    title: `Tool: ${label}`,
    group: 'Tools',
    chord: shortcut,
    run: () => canvas.chooseTool(id),
  })),
  { id: 'canvas.larger', title: 'Larger brush', group: 'Tools', chord: '}', run: () => canvas.growSize(1) },
  { id: 'canvas.smaller', title: 'Smaller brush', group: 'Tools', chord: '{', run: () => canvas.growSize(-1) },
  { id: 'canvas.zoomIn', title: 'Zoom in', group: 'View', chord: 'Plus', run: () => canvas.zoom('in') },
  { id: 'canvas.zoomOut', title: 'Zoom out', group: 'View', chord: '-', run: () => canvas.zoom('out') },
  { id: 'canvas.fit', title: 'Fit the document', group: 'View', chord: '0', run: () => canvas.zoom('fit') },
  { id: 'canvas.actual', title: 'Zoom to 100 %', group: 'View', chord: '1', run: () => canvas.zoom('actual') },
  { id: 'canvas.fitBox', title: 'Fit the generation box', group: 'View', chord: '2', run: () => canvas.zoom('box') },
  {
    id: 'canvas.toggleMask',
    title: 'Show or hide the mask',
    group: 'View',
    chord: 'Alt+M',
    when: masked,
    run: () => canvas.showMask(!useEditor.getState().maskShown),
  },
  {
    id: 'canvas.compare',
    title: 'Compare before and after',
    group: 'View',
    chord: 'C',
    when: staged,
    run: toggleCompare,
  },
  { id: 'canvas.selectAll', title: 'Select all', group: 'Edit', chord: 'Ctrl+A', when: open, run: selectAll },
  {
    id: 'canvas.deselect',
    title: 'Deselect',
    group: 'Edit',
    chord: 'Ctrl+D',
    when: selected,
    run: () => canvas.select(null),
  },
  { id: 'canvas.clearSelection', title: 'Delete selected pixels', group: 'Edit', when: selected, run: clearSelection },
  {
    id: 'canvas.maskSelection',
    title: 'Add the selection to the mask',
    group: 'Edit',
    when: selected,
    run: maskFromSelection,
  },
  { id: 'canvas.invertMask', title: 'Invert the mask', group: 'Edit', chord: 'Ctrl+I', when: open, run: invertMask },
  { id: 'canvas.clearMask', title: 'Clear the mask', group: 'Edit', when: masked, run: clearMask },
  { id: 'canvas.wholeCells', title: 'Mask whole cells', group: 'Edit', when: masked, run: maskWholeCells },
  { id: 'canvas.importMask', title: 'Import a mask', group: 'Edit', when: open, run: importMask },
  { id: 'canvas.exportMask', title: 'Export the mask', group: 'Edit', when: masked, run: exportMask },
  { id: 'canvas.addLayer', title: 'Add a layer', group: 'Edit', chord: 'Shift+N', when: open, run: addLayer },
  {
    id: 'canvas.mergeDown',
    title: 'Merge the layer down',
    group: 'Edit',
    chord: 'Ctrl+E',
    when: () => (studio.get().document?.activeLayer ?? null) !== null,
    run: () => mergeDown(studio.get().document?.activeLayer ?? ''),
  },
]
