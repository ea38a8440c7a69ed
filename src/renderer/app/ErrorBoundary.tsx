/** A part of the window that broke says so in its place; the rest goes on. */
import { Component, type ReactNode } from 'react'
import { Button } from '../ui/Button.tsx'
import { CopyDiagnostics } from '../ui/diagnostics.tsx'
import { EmptyState } from '../ui/feedback.tsx'

interface Props {
  /** What the part is called. */
  readonly name: string
  readonly children: ReactNode
}

export class ErrorBoundary extends Component<Props, { readonly error: Error | null }> {
  override state: { readonly error: Error | null } = { error: null }

  static getDerivedStateFromError(error: unknown): { error: Error } {
    return { error: error instanceof Error ? error : new Error(String(error)) }
  }

  override render(): ReactNode {
    const { error } = this.state
    if (!error) return this.props.children
    return (
      <EmptyState
        icon="warning"
        title={`${this.props.name} stopped working`}
        actions={
          <>
            <Button onClick={() => this.setState({ error: null })}>Show it again</Button>
            <CopyDiagnostics
              said={`${this.props.name} stopped working.`}
              about={{ where: this.props.name, details: error.stack ?? error.message }}
            />
          </>
        }
      >
        Nothing is lost: the document is saved as you work.
      </EmptyState>
    )
  }
}
