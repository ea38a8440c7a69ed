/**
 * A published model is got from a host: the person names it and asks; what it holds, its licence and what it takes are shown;
 * the download is another step. Nothing is asked of the host before.
 */
import { useRef, useState, type ReactElement } from 'react'
import type { ResultOf } from '../../../shared/ipc.ts'
import { api } from '../../api.ts'
import { startJob } from '../../state/jobs.ts'
import { useStudio } from '../../state/store.ts'
import { asWords } from '../../state/problems.ts'
import { toast } from '../../state/toasts.ts'
import { Button } from '../../ui/Button.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { TextField } from '../../ui/Field.tsx'
import { Notice, ProgressBar } from '../../ui/feedback.tsx'
import { bytesWords } from './models-words.ts'

type Found = ResultOf<'hub.list'>

/** What the importer knows, as its authors publish it. */
const KNOWN = [
  ['MMaDA-Parallel-M', 'tyfeld/MMaDA-Parallel-M'],
  ['MMaDA-Parallel-A', 'tyfeld/MMaDA-Parallel-A'],
  ['MAGVIT-v2, tokenizer of M', 'showlab/magvitv2'],
  ['aMUSEd, tokenizer of A', 'amused/amused-512/vqvae'],
] as const

export function GetDialog({ onClose }: { readonly onClose: () => void }): ReactElement {
  const preferred = useStudio((s) => s.preferences.modelHost)
  const [repository, setRepository] = useState('')
  const [revision, setRevision] = useState('')
  const [host, setHost] = useState(preferred)
  const [found, setFound] = useState<Found | null>(null)
  const [asking, setAsking] = useState(false)
  const [error, setError] = useState<string | null>(null)
  const turn = useRef(0)
  const address = { repository: repository.trim(), host: host.trim(), revision: revision.trim() || null }
  const contacted = hostOf(address)
  const change = (set: (value: string) => void) => (value: string) => {
    set(value)
    turn.current++
    setFound(null)
    setAsking(false)
    setError(null)
  }

  async function ask(): Promise<void> {
    const own = ++turn.current
    setAsking(true)
    setError(null)
    try {
      const answer = await api.call('hub.list', address)
      if (own === turn.current) setFound(answer)
    } catch (reason) {
      if (own === turn.current) setError(asWords(reason))
    } finally {
      if (own === turn.current) setAsking(false)
    }
  }
  async function get(): Promise<void> {
    if (!found) return
    const { listing } = found
    const name = (listing.folder || listing.repository).split('/').at(-1)!
    try {
      // The commit that was shown is the one that is taken.
      await startJob({ kind: 'model-get', name, address: { ...address, revision: listing.commit } })
      toast({ tone: 'info', message: `${name} is being downloaded.` })
      onClose()
    } catch (reason) {
      setError(asWords(reason))
    }
  }
  const short = found !== null && found.freeDisk < found.listing.bytes
  return (
    <Dialog
      title="Get a published model"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          {found ? (
            <Button kind="primary" icon="download" disabled={short} onClick={() => void get()}>
              Download {bytesWords(found.listing.bytes)}
            </Button>
          ) : (
            <Button
              kind="primary"
              disabled={asking || address.repository === '' || contacted === null}
              onClick={() => void ask()}
            >
              {contacted === null ? 'Ask the host' : `Ask ${contacted}`}
            </Button>
          )}
        </>
      }
    >
      <form
        className="checkpoint"
        onSubmit={(event) => {
          event.preventDefault()
          if (address.repository !== '' && !found && !asking) void ask()
        }}
      >
        <TextField
          label="Repository"
          placeholder="OWNER/NAME, or the address of its page"
          value={repository}
          maxLength={500}
          data-autofocus
          onChange={change(setRepository)}
        />
        <div className="get-known" role="group" aria-label="Models that can be imported here">
          {KNOWN.map(([words, id]) => (
            <button key={id} type="button" onClick={() => change(setRepository)(id)}>
              {words}
            </button>
          ))}
        </div>
        <TextField
          label="Revision"
          placeholder="main"
          value={revision}
          maxLength={200}
          onChange={change(setRevision)}
        />
        <TextField label="Host" value={host} maxLength={500} onChange={change(setHost)} />
        {asking && <ProgressBar value={null} label={`Asking ${contacted ?? host}`} />}
        {error !== null && <Notice tone="danger">{error}</Notice>}
        {found && <Listing found={found} short={short} />}
        {/* A form with several fields is sent by Enter only where it has a button. */}
        <button type="submit" hidden />
      </form>
    </Dialog>
  )
}

function Listing({ found, short }: { readonly found: Found; readonly short: boolean }): ReactElement {
  const { listing, freeDisk, memory } = found
  const pickles = listing.left.filter(({ why }) => why.startsWith('a pickle')).length
  return (
    <section aria-label="What it holds" className="checkpoint-facts">
      <h3>
        {listing.repository}
        {listing.folder !== '' && `/${listing.folder}`}
      </h3>
      <p>
        On {listing.host}, commit <code>{listing.commit.slice(0, 8)}</code>. Licence:{' '}
        {listing.licence ?? 'not stated; see its page'}.
      </p>
      <p>
        {listing.files.length} files, {bytesWords(listing.bytes)}; {bytesWords(freeDisk)} are free on this disk.
      </p>
      <p>
        A run takes at least {bytesWords(listing.weights)} of memory as it is stored (about half as int8, a third as
        int4); this machine has {bytesWords(memory.total)}, {bytesWords(memory.free)} of them free.
      </p>
      {listing.gated && (
        <Notice tone="warning">
          Its terms have to be accepted on its page, and a read token of your account set where the studio is started
          (TANDEM_HUB_TOKEN).
        </Notice>
      )}
      {pickles > 0 && (
        <Notice>
          {pickles} {pickles === 1 ? 'pickle is' : 'pickles are'} left there: reading one runs the code it holds.
        </Notice>
      )}
      {short && <Notice tone="danger">That is more than the disk can hold. Free some space first.</Notice>}
      <details className="checkpoint-names">
        <summary>Files</summary>
        <ul>
          {listing.files.map(({ path, bytes }) => (
            <li key={path}>
              <code>{path}</code> {bytesWords(bytes)}
            </li>
          ))}
        </ul>
      </details>
    </section>
  )
}

/** The host that would be asked; null where none can be read. */
function hostOf({ repository, host }: { readonly repository: string; readonly host: string }): string | null {
  const text = /^https?:\/\//i.test(repository) ? repository : host
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`)
  return url && url.host !== '' ? url.host : null
}
