/**
 * The window: bar, the screen that is open, dialogs. The editor stays mounted behind the other screens, so that its canvas,
 * its scroll positions and what is half typed are there when the person comes back.
 */
import { lazy, Suspense, useEffect, type ReactElement } from 'react'
import { comparison, useComparison } from '../state/comparison.ts'
import { listenToHost, listenToKeys, registerCommands } from '../state/commands.ts'
import { ProgressBar } from '../ui/feedback.tsx'
import { standardCommands } from './commands.ts'
import { Dialogs } from './Dialogs.tsx'
import { EditScreen } from './EditScreen.tsx'
import { ErrorBoundary } from './ErrorBoundary.tsx'
import { FileDrop } from './FileDrop.tsx'
import { useLayout } from './layout.ts'
import { screens } from './screens.ts'
import { TopBar } from './TopBar.tsx'

const Compare = lazy(async () => ({ default: (await import('../features/trajectory/Compare.tsx')).Compare }))

export function Shell(): ReactElement {
  const name = useLayout((s) => s.screen)
  const comparing = useComparison((s) => s.open)
  const open = screens.find((screen) => screen.name === name)
  const Other = open?.component ?? null

  useEffect(() => {
    const stops = [registerCommands(standardCommands()), listenToKeys(), listenToHost()]
    return () => stops.forEach((stop) => stop())
  }, [])

  return (
    <FileDrop>
      <div className="shell">
        <TopBar />
        <div className="shell-screen" hidden={Other !== null}>
          <EditScreen />
        </div>
        {open && Other !== null && (
          <main className="shell-screen" aria-label={open.label} key={open.name}>
            <ErrorBoundary name={open.label}>
              <Suspense fallback={<ProgressBar value={null} label={`Opening ${open.label}`} />}>
                <Other />
              </Suspense>
            </ErrorBoundary>
          </main>
        )}
        {comparing && (
          <ErrorBoundary name="The comparison">
            <Suspense fallback={<ProgressBar value={null} label="Opening the comparison" />}>
              <Compare onClose={comparison.close} />
            </Suspense>
          </ErrorBoundary>
        )}
        <Dialogs />
      </div>
    </FileDrop>
  )
}
