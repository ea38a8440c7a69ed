/** Published models from a host: listed with licence and sizes, and downloaded. */
import { resolve } from 'node:path'
import type { HubResult } from '../../shared/hub.ts'
import type { JobUpdate, SpecOf } from '../../shared/jobs.ts'
import { placeOf } from '../hub/address.ts'
import { download } from '../hub/download.ts'
import { listRepository } from '../hub/listing.ts'
import type { JobContext } from './context.ts'
import { openFolder } from './output.ts'

/** A read token of the person's account: never part of a spec, which is written down. */
const tokenHere = (): string | null => process.env.TANDEM_HUB_TOKEN ?? process.env.HF_TOKEN ?? null

export async function* hubJob({ work }: SpecOf<'hub'>, { signal }: JobContext): AsyncGenerator<JobUpdate> {
  const began = performance.now()
  const place = placeOf(work)
  const options = { base: place.base, token: tokenHere(), signal }
  yield { type: 'started', total: 0, detail: `Asking ${place.base.host}` }
  const listed = await listRepository(options, place)
  const { listing } = listed
  if (work.do === 'list') {
    yield { type: 'result', result: listing }
    return
  }
  const out = resolve(work.out)
  const folder = await openFolder(out)
  let received: number
  let whole = false
  let file = ''
  try {
    const steps = download(options, listed, out)
    for (let next = await steps.next(); ; next = await steps.next()) {
      if (next.done) {
        received = next.value
        break
      }
      const { done, total } = next.value
      if (next.value.file !== file && next.value.file !== '') {
        file = next.value.file
        yield { type: 'started', total, detail: file }
      }
      whole = next.value.file === ''
      yield { type: 'progress', done, total, metrics: { bytes: next.value.received } }
    }
    if (!whole) return
  } finally {
    // What is there is gone on with; a folder nothing came into goes.
    if (!whole) await folder.abandon()
  }
  const result: HubResult = {
    path: out,
    host: listing.host,
    repository: listing.repository,
    commit: listing.commit,
    files: listing.files.length,
    bytes: listing.bytes,
    received,
    seconds: (performance.now() - began) / 1000,
  }
  yield { type: 'result', result }
}
