/** Handing files to the person and taking text to the clipboard. */
import type { BlobId } from '../../shared/studio.ts'
import { api } from '../api.ts'
import type { About } from '../ui/diagnostics.tsx'
import { reportOf } from './problems.ts'
import { toast, toastError } from './toasts.ts'

/** Offers a blob as a file of that name. */
export function download({ blob, name }: { readonly blob: BlobId; readonly name: string }): void {
  const link = document.createElement('a')
  link.href = api.blobUrl(blob)
  link.download = name
  link.click()
}

export async function copyText(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    toast({ tone: 'good', message: `${what} copied.`, ms: 2500 })
  } catch {
    toast({
      tone: 'danger',
      message: 'The clipboard cannot be used here.',
      remedy: 'Allow this page to use the clipboard, or open the studio over https or on this machine.',
    })
  }
}

/** What a report of a problem needs: the message's own details and the state of the studio. */
export async function copyDiagnostics(details = ''): Promise<void> {
  try {
    const { text } = await api.call('diagnostics.report', {})
    await copyText([details, text, navigator.userAgent].filter(Boolean).join('\n\n'), 'Diagnostics')
  } catch (error) {
    if (details !== '') await copyText(`${details}\n\n${navigator.userAgent}`, 'Diagnostics')
    else toastError(error)
  }
}

/** The report of an error whose words stand on a screen. */
export const copyReport = (said: string, about: About): void => void copyDiagnostics(reportOf(said, about))

/** Asks for files with the system's own dialog; none where the person cancels. */
export function chooseFiles(accept: string, multiple = false): Promise<File[]> {
  return new Promise((resolve) => {
    const input = document.createElement('input')
    input.type = 'file'
    input.accept = accept
    input.multiple = multiple
    // Part of the page while the dialog is open: one that nothing holds may be collected before the person has chosen.
    input.hidden = true
    const settle = (files: File[]): void => {
      input.remove()
      resolve(files)
    }
    input.addEventListener('change', () => settle([...(input.files ?? [])]))
    input.addEventListener('cancel', () => settle([]))
    document.body.append(input)
    input.click()
  })
}
