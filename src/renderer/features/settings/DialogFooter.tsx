/** The foot of a dialog about the studio itself: what a report of a defect needs, and the way out. */
import type { ReactElement } from 'react'
import { copyDiagnostics } from '../../state/download.ts'
import { Button } from '../../ui/Button.tsx'

export function DialogFooter({
  leave,
  onClose,
}: {
  /** What the button that closes the dialog says. */
  readonly leave: string
  readonly onClose: () => void
}): ReactElement {
  return (
    <>
      <Button icon="copy" onClick={() => void copyDiagnostics()}>
        Copy diagnostics
      </Button>
      <Button kind="primary" data-autofocus onClick={onClose}>
        {leave}
      </Button>
    </>
  )
}
