/** Files that come in, by drop, paste or dialog: pictures onto the canvas, trajectories and projects where they belong. */
import { MAX_SIDE, type DocumentCommand } from '../../shared/document.ts'
import { TandemError } from '../../shared/errors.ts'
import { api } from '../api.ts'
import { newLayer } from '../canvas/layers.ts'
import { newId } from '../ids.ts'
import { canvas } from '../canvas/editor-store.ts'
import { dispatch, takeSettings } from '../state/documents.ts'
import { chooseFiles } from '../state/download.ts'
import { importProject } from '../state/projects.ts'
import { openTrajectoryFile } from '../state/runs.ts'
import { settingsHere } from '../state/settings-here.ts'
import { studio } from '../state/store.ts'
import { toast, toastError } from '../state/toasts.ts'
import { waitFor, type Waiting } from '../state/waits.ts'
import { layout } from './layout.ts'
import type { Document } from '../../shared/document.ts'
import type { ResultOf } from '../../shared/ipc.ts'
import type { PictureRef, RunSettings } from '../../shared/studio.ts'

type ModelMade = ResultOf<'pictures.open'>['made']

export type FileKind = 'picture' | 'trajectory' | 'project' | 'unknown'

const pictureName = /\.(png|jpe?g|webp|gif|avif|tiff?|bmp|svg)$/i

/** By name first, because a browser knows no type for our own files. */
export function kindOf(file: { readonly name: string; readonly type: string }): FileKind {
  if (/\.tdm$/i.test(file.name)) return 'trajectory'
  if (/\.tandem$/i.test(file.name)) return 'project'
  return file.type.startsWith('image/') || pictureName.test(file.name) ? 'picture' : 'unknown'
}

/** Opens files one after the other, and shows them in the editor; each that cannot be opened says why. */
export async function openFiles(files: readonly File[]): Promise<void> {
  for (const file of files) {
    try {
      await waitFor(`Opening ${file.name || 'the pasted picture'}`, (waiting) => openFile(file, waiting))
      layout.showScreen('edit')
    } catch (error) {
      toastError(error)
    }
  }
}

async function openFile(file: File, waiting: Waiting): Promise<void> {
  const kind = kindOf(file)
  switch (kind) {
    case 'trajectory':
      return openTrajectoryFile(file, waiting)
    case 'project': {
      const project = await importProject(file, waiting)
      return void toast({ tone: 'good', message: `"${project.name}" is open.` })
    }
    case 'picture':
      return openPicture(file, waiting)
    case 'unknown':
      throw new TandemError(
        `The studio does not know what ${file.name || 'this file'} is.`,
        'Open a picture (PNG, JPEG, WebP …), a trajectory (.tdm) or a project (.tandem).',
      )
  }
}

async function openPicture(file: File, waiting: Waiting): Promise<void> {
  const name = file.name || 'Pasted picture'
  const blob = await api.upload(file, waiting.signal)
  const { picture, recipe, made, reasoning, warnings } = await api.call('pictures.open', {
    blob,
    name: name.slice(-300),
  })
  waiting.check()
  const { document } = studio.get()
  if (!document) return
  for (const command of placePicture(document, picture, layerName(name), newId())) dispatch(command)
  // What is looked at must not cover what was just opened.
  canvas.showCandidate(null)
  canvas.zoom('fit')
  for (const message of warnings) toast({ tone: 'warning', message })
  if (recipe) offerRecipe(recipe, made, reasoning)
}

/** The file's name without its ending: what the layer is called. */
export const layerName = (name: string): string => name.replace(/\.[^.]+$/, '').slice(0, 100) || 'Picture'

/**
 * The commands that put a picture on a document. The first picture gives an empty document its size and its box; later
 * ones are laid in its middle, made smaller where they are larger than it.
 */
export function placePicture(document: Document, picture: PictureRef, name: string, id: string): DocumentCommand[] {
  const { width, height } = picture
  const mark = { kind: 'picture' as const, picture, x: 0, y: 0, width, height }
  const value = newLayer(document.layers, id, name, [mark])
  if (document.layers.length === 0) {
    const scale = Math.min(1, MAX_SIDE / Math.max(width, height))
    const size = { width: Math.max(1, Math.floor(width * scale)), height: Math.max(1, Math.floor(height * scale)) }
    const side = Math.min(size.width, size.height)
    const box = {
      x: Math.floor((size.width - side) / 2),
      y: Math.floor((size.height - side) / 2),
      width: side,
      height: side,
    }
    const transform = { ...value.transform, scaleX: scale, scaleY: scale }
    return [
      { type: 'resize', ...size },
      { type: 'setBox', box },
      { type: 'addLayer', value: { ...value, transform } },
    ]
  }
  const scale = Math.min(1, document.width / width, document.height / height)
  const transform = {
    ...value.transform,
    x: Math.round((document.width - width * scale) / 2),
    y: Math.round((document.height - height * scale) / 2),
    scaleX: scale,
    scaleY: scale,
  }
  return [{ type: 'addLayer', value: { ...value, transform } }]
}

/**
 * A picture that a studio exported brings what made it along; it is put in place only when the person says so, and where other
 * weights would compute that is said before.
 */
function offerRecipe(recipe: Partial<RunSettings>, made: ModelMade, reasoning: string | null): void {
  const { settings, lack } = settingsHere(recipe, made, studio.get().models)
  const { instruction = '' } = recipe
  const words = reasoning === null || reasoning === '' ? null : `Its reasoning: ${reasoning.slice(0, 200)}`
  toast({
    tone: lack === null ? 'info' : 'warning',
    message: `${lack === null ? 'This picture was made here' : 'This picture brings its settings along'}${instruction === '' ? '' : `: "${instruction}"`}.`,
    remedy: [lack, words].filter((part) => part !== null).join(' ') || undefined,
    action: { label: 'Restore its settings', run: () => takeSettings(settings) },
    ms: 30_000,
  })
}

export async function choosePictures(): Promise<void> {
  await openFiles(await chooseFiles('image/*,.tdm,.tandem', true))
}
