/** "Copy diagnostics": beside every error, what a report of it needs, on the clipboard. */
import { createContext, useContext, type ReactElement } from 'react'
import { Button } from './Button.tsx'

/** What is known of an error besides its words. */
export interface About {
  /** The call, the kind of job or the screen it came from. */
  readonly where?: string | undefined
  readonly run?: string | undefined
  readonly job?: string | undefined
  /** For a report alone: a stack, the last words of a process. */
  readonly details?: string | undefined
}

/** Who makes the report and takes it to the clipboard; the studio says so once, around everything. */
export const ReportContext = createContext<(said: string, about: About) => void>(() => undefined)

/** `said`: the words that are shown, or how to read them when they are asked for. */
export function CopyDiagnostics({
  said,
  about = {},
}: {
  readonly said: string | (() => string)
  readonly about?: About | undefined
}): ReactElement {
  const report = useContext(ReportContext)
  return (
    <Button kind="quiet" icon="copy" onClick={() => report(typeof said === 'string' ? said : said(), about)}>
      Copy diagnostics
    </Button>
  )
}
