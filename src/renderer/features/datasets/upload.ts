/** Bringing files in: a folder or a file, sent in parts so that it shows how far it is and can be given up in between. */
import { TandemError } from '../../../shared/errors.ts'
import { api } from '../../api.ts'
import { PART } from '../../upload-parts.ts'
import { isLitter, type PackedFile } from './pack.ts'

/** The files of a folder chooser, with the folder's name in front. */
export const chosenFiles = (files: readonly File[]): PackedFile[] =>
  files.map((content) => ({ name: content.webkitRelativePath || content.name, content }))

/** Everything that was dropped, folders walked to their end. */
export async function droppedFiles(transfer: DataTransfer): Promise<PackedFile[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null)
  const out: PackedFile[] = []
  for (const entry of entries) await walk(entry, '', out)
  return out
}

async function walk(entry: FileSystemEntry, above: string, out: PackedFile[]): Promise<void> {
  const name = above + entry.name
  if (isLitter(name)) return
  if (entry.isFile) {
    const content = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))
    out.push({ name, content })
    return
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  for (;;) {
    // A reader gives a hundred entries at a time.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (some.length === 0) return
    for (const inner of some) await walk(inner, `${name}/`, out)
  }
}

/** Sends a blob part by part. Returns the parts' ids. */
export async function sendParts(
  content: Blob,
  { signal, onProgress }: { readonly signal: AbortSignal; readonly onProgress: (share: number) => void },
): Promise<string[]> {
  const parts: string[] = []
  for (let at = 0; at < content.size || at === 0; at += PART) {
    if (signal.aborted) throw new TandemError('Stopped.', '', 'cancelled')
    parts.push(await api.upload(content.slice(at, at + PART)))
    onProgress(Math.min(1, (at + PART) / Math.max(1, content.size)))
  }
  return parts
}
