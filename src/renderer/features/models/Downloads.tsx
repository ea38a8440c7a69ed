/** Published models that were downloaded: each can be imported, and takes its disk space until it is removed. */
import { useState, type ReactElement } from 'react'
import { modelGotSchema } from '../../../shared/checkpoint-jobs.ts'
import { deleteJob, jobsOf, useJobs } from '../../state/jobs.ts'
import type { Place } from '../../places/FolderPicker.tsx'
import { Button, IconButton } from '../../ui/Button.tsx'
import { ConfirmDialog } from '../../ui/Dialog.tsx'
import { bytesWords } from './models-words.ts'

export interface Downloaded extends Place {
  readonly job: string
  readonly bytes: number
  readonly from: string
}

export function useDownloads(): Downloaded[] {
  const jobs = useJobs((s) => s.jobs)
  return jobsOf(jobs, ['model-get']).flatMap(({ id, state, result }) => {
    const parsed = modelGotSchema.safeParse(result)
    if (state !== 'done' || !parsed.success) return []
    const { name, folder, got } = parsed.data
    return [{ job: id, handle: folder, name, folder: true, bytes: got.bytes, from: `${got.repository} on ${got.host}` }]
  })
}

export function Downloads({ onImport }: { readonly onImport: (place: Place) => void }): ReactElement | null {
  const downloads = useDownloads()
  const [removing, setRemoving] = useState<Downloaded | null>(null)
  if (downloads.length === 0) return null
  return (
    <section aria-label="Downloaded" className="models-group">
      <h3>
        Downloaded
        <span>to be imported</span>
      </h3>
      <ul className="model-jobs">
        {downloads.map((each) => (
          <li key={each.job}>
            <span className="model-job-line">
              <span className="models-name" title={each.from}>
                {each.name}
              </span>
              <span className="models-facts">{bytesWords(each.bytes)}</span>
              <Button onClick={() => onImport(each)}>Import …</Button>
              <IconButton small icon="trash" label={`Remove ${each.name}`} onClick={() => setRemoving(each)} />
            </span>
          </li>
        ))}
      </ul>
      {removing && (
        <ConfirmDialog
          title={`Remove the files of "${removing.name}"?`}
          text={`${bytesWords(removing.bytes)} are freed. Models imported from them keep their weights there and will not open any more.`}
          action="Remove the files"
          onClose={() => setRemoving(null)}
          onConfirm={() => void deleteJob(removing.job)}
        />
      )}
    </section>
  )
}
