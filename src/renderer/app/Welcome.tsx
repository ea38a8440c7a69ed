/** What an empty canvas offers: three scenes that run with one click, a picture of one's own, or a scene to compose. */
import { useEffect, useState, type ReactElement } from 'react'
import type { Tray } from '../../shared/studio.ts'
import { api } from '../api.ts'
import { canvas, useEditor } from '../canvas/editor-store.ts'
import { newId } from '../ids.ts'
import { dispatch } from '../state/documents.ts'
import { startRuns } from '../state/runs.ts'
import { studio, useStudio } from '../state/store.ts'
import { Button } from '../ui/Button.tsx'
import { choosePictures } from './files.ts'
import { focusCanvas } from './focus.ts'
import { layout } from './layout.ts'
import { layOut, picturesOf, samples, type Sample } from './samples.ts'

export function Welcome(): ReactElement | null {
  const empty = useStudio(
    (s) => s.document !== null && s.document.layers.length === 0 && s.document.staging.length === 0,
  )
  const viewing = useStudio((s) => s.viewedRun !== null)
  // What was taken from the tray goes down where one clicks, in the middle as well.
  const holding = useEditor((s) => s.armed !== null)
  return empty && !viewing && !holding ? <Offer /> : null
}

function Offer(): ReactElement {
  const model = useStudio((s) => s.models.find(({ id }) => id === s.document?.settings.model) ?? null)
  const serves = useServedFolders()
  const [tray, setTray] = useState<Tray | null>(null)
  const id = model?.storybook ? model.id : null
  useEffect(() => {
    if (id === null) return
    let current = true
    // Without a tray the other two ways are there all the same.
    api.call('tray.get', { model: id }).then(
      (found) => current && setTray(found),
      () => undefined,
    )
    return () => {
      current = false
    }
  }, [id])
  return (
    <section className="welcome" aria-label="Begin">
      <h2>Make a first edit</h2>
      <p>Choose a scene: the model thinks in words and draws at the same time, and you see both happen.</p>
      {id !== null && (
        <div className="welcome-samples">
          {samples.map((sample) => (
            <SampleCard key={sample.id} sample={sample} tray={tray} size={model?.size ?? 128} />
          ))}
        </div>
      )}
      <div className="welcome-more">
        <span>{serves ? 'Or:' : 'Or bring your own:'}</span>
        <Button icon="picture" onClick={() => void choosePictures()}>
          Open a picture
        </Button>
        {serves && (
          <Button icon="folder" onClick={() => layout.open('served')}>
            From the server
          </Button>
        )}
        {id !== null && (
          <Button icon="tray" onClick={() => layout.showDrawer('tray')}>
            Compose a scene
          </Button>
        )}
      </div>
      <p className="welcome-hint">Pictures can be dropped or pasted here too.</p>
    </section>
  )
}

/** Whether the machine that serves this browser was started with folders to open files from. */
function useServedFolders(): boolean {
  const host = useStudio((s) => s.host)
  const [serves, setServes] = useState(false)
  useEffect(() => {
    if (host !== 'browser') return
    let current = true
    // Without an answer there is one way less to begin.
    api.call('folders.list', { folder: null }).then(
      ({ entries }) => current && setServes(entries.length > 0),
      () => undefined,
    )
    return () => {
      current = false
    }
  }, [host])
  return serves
}

function SampleCard({
  sample,
  tray,
  size,
}: {
  readonly sample: Sample
  readonly tray: Tray | null
  readonly size: number
}): ReactElement | null {
  const pictures = tray && picturesOf(sample, tray)
  if (tray && !pictures) return null
  const begin = (): void => {
    const { document } = studio.get()
    if (!document || !tray || !pictures) return
    for (const command of layOut(document, sample, pictures, { cells: tray.cells, size }, newId)) dispatch(command)
    canvas.zoom('fit')
    layout.showTab('run')
    void startRuns({ count: 1, lane: 'interactive' })
    // The card that was pressed goes: what it began is on the canvas.
    focusCanvas()
  }
  const cells = tray?.cells ?? 4
  return (
    <button type="button" className="sample" disabled={!pictures} onClick={begin}>
      <span className="sample-scene" aria-hidden="true">
        {pictures && (
          <>
            <img src={api.blobUrl(pictures.background.blob)} alt="" className="sample-background" />
            {pictures.sprites.map(({ name, cell, picture }) => (
              <img
                key={cell}
                src={api.blobUrl(picture.blob)}
                alt={name}
                className="sample-sprite"
                style={{
                  left: `${((cell % cells) / cells) * 100}%`,
                  top: `${(Math.floor(cell / cells) / cells) * 100}%`,
                  width: `${100 / cells}%`,
                }}
              />
            ))}
          </>
        )}
      </span>
      <span className="sample-title">{sample.title}</span>
      <span className="sample-instruction">{sample.instruction}</span>
    </button>
  )
}
