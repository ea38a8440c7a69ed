/** What this studio is, which version, and which models it has. */
import type { ReactElement } from 'react'
import { useStudio } from '../../state/store.ts'
import { Dialog } from '../../ui/Dialog.tsx'
import { DialogFooter } from './DialogFooter.tsx'
import './settings.css'

export function AboutDialog({ onClose }: { readonly onClose: () => void }): ReactElement {
  const version = useStudio((s) => s.version)
  const host = useStudio((s) => s.host)
  const models = useStudio((s) => s.models)
  const known = useStudio((s) => s.modelsKnown)
  return (
    <Dialog
      title="About Tandem Studio"
      size="small"
      onClose={onClose}
      footer={<DialogFooter leave="Close" onClose={onClose} />}
    >
      <p className="dialog-text">
        Version {version}, in {host === 'electron' ? 'a window of its own' : 'a browser'}. The model reasons in words
        and draws at the same time; everything runs on the machine that serves this studio and nothing leaves it.
      </p>
      <h3 className="about-heading">Models</h3>
      <ul className="about-models">
        {models.map((model) => (
          <li key={model.id}>
            <span>{model.name}</span>
            <span>
              {(model.parameters / 1e6).toFixed(1)} M parameters, {model.size} × {model.size} px
            </span>
            <code>{model.hash.slice(0, 12)}</code>
          </li>
        ))}
        {known && models.length === 0 && <li>None is found.</li>}
      </ul>
    </Dialog>
  )
}
