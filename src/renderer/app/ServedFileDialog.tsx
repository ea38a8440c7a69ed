/** In a browser: a file of the machine that serves the studio, opened as one that is dropped. */
import { useState, type ReactElement } from 'react'
import { api } from '../api.ts'
import { FolderPicker, type Place } from '../places/FolderPicker.tsx'
import { asWords } from '../state/problems.ts'
import { waitFor } from '../state/waits.ts'
import { Button } from '../ui/Button.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import { Notice } from '../ui/feedback.tsx'
import { kindOf, openFiles } from './files.ts'

export function ServedFileDialog({ onClose }: { readonly onClose: () => void }): ReactElement {
  const [place, setPlace] = useState<Place | null>(null)
  const [error, setError] = useState<string | null>(null)
  const isKnown = place !== null && !place.folder && kindOf({ name: place.name, type: '' }) !== 'unknown'

  async function open({ handle, name }: Place): Promise<void> {
    try {
      const file = await waitFor(`Reading ${name}`, async ({ signal }) => {
        const { blob } = await api.call('folders.read', { file: handle })
        const response = await fetch(api.blobUrl(blob), { signal })
        return new File([await response.blob()], name)
      })
      onClose()
      await openFiles([file])
    } catch (fault) {
      setError(asWords(fault))
    }
  }

  return (
    <Dialog
      title="Open from the server"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" disabled={!isKnown} onClick={() => place && void open(place)}>
            Open
          </Button>
        </>
      }
    >
      <FolderPicker chosen={place} onChoose={setPlace} />
      {place !== null && !place.folder && !isKnown && (
        <Notice>Choose a picture (PNG, JPEG, WebP …), a trajectory (.tdm) or a project (.tandem).</Notice>
      )}
      {error !== null && <Notice tone="danger">{error}</Notice>}
    </Dialog>
  )
}
