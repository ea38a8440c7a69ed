/** The studio from its first moment: starting, could not start, or the shell. */
import { useEffect, type ReactElement } from 'react'
import { copyDiagnostics, copyReport } from '../state/download.ts'
import { boot, useBoot } from '../state/session.ts'
import { dismissToast, leaveToast, useToasts } from '../state/toasts.ts'
import { useWaits } from '../state/waits.ts'
import { Button } from '../ui/Button.tsx'
import { ReportContext } from '../ui/diagnostics.tsx'
import { Icon } from '../ui/Icon.tsx'
import { ProgressBar } from '../ui/feedback.tsx'
import { ToastRegion } from '../ui/Toasts.tsx'
import { Shell } from './Shell.tsx'

export function App(): ReactElement {
  const state = useBoot((s) => s.boot)
  const toasts = useToasts((s) => s.toasts)
  const waits = useWaits((s) => s.waits)
  useEffect(() => {
    void boot()
  }, [])
  return (
    <ReportContext value={copyReport}>
      {state.phase === 'ready' ? (
        <Shell />
      ) : (
        <main className="boot">
          {state.phase === 'loading' ? (
            <div className="boot-wait">
              <ProgressBar value={null} label="Opening the studio" />
            </div>
          ) : (
            <div className="boot-failed" role="alert">
              <Icon name="warning" size={22} />
              <h1>{state.message}</h1>
              <p>{state.remedy}</p>
              <div className="boot-actions">
                <Button kind="primary" onClick={() => void boot()}>
                  Try again
                </Button>
                <Button icon="copy" onClick={() => void copyDiagnostics(state.details)}>
                  Copy diagnostics
                </Button>
              </div>
            </div>
          )}
        </main>
      )}
      <ToastRegion
        waits={waits}
        toasts={toasts}
        onDismiss={dismissToast}
        onLeave={leaveToast}
        onCopy={(toast) => void copyDiagnostics(toast.diagnostics)}
      />
    </ReportContext>
  )
}
