/** Blind votes: two answers to one prompt, without their models, and four keys. It goes on where it was left. */
import { useCallback, useEffect, useRef, useState, type ReactElement } from 'react'
import type { BlindPair, SideVote, Study } from '../../../shared/ipc-bench.ts'
import { api } from '../../api.ts'
import { toastError } from '../../state/toasts.ts'
import { Button } from '../../ui/Button.tsx'
import { EmptyState, Notice, ProgressBar } from '../../ui/feedback.tsx'
import { Kbd } from '../../ui/Kbd.tsx'
import { show } from './bench-state.ts'
import { useAnswer } from './use-answer.ts'
import { VoteResult } from './VoteResult.tsx'

const keys: Readonly<Record<string, SideVote>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowDown: 'tie',
  ArrowUp: 'both-bad',
}
const choices: readonly { vote: SideVote; label: string; chord: string }[] = [
  { vote: 'left', label: 'Left is better', chord: 'ArrowLeft' },
  { vote: 'tie', label: 'A tie', chord: 'ArrowDown' },
  { vote: 'both-bad', label: 'Both are bad', chord: 'ArrowUp' },
  { vote: 'right', label: 'Right is better', chord: 'ArrowRight' },
]

export function VoteView({ study: id }: { readonly study: string }): ReactElement {
  const [study, setStudy] = useState<Study | null>(null)
  const [place, setPlace] = useState<number | null>(null)
  const [revealed, setRevealed] = useState(false)
  const [busy, setBusy] = useState(false)
  const past = useRef<number[]>([])
  const top = useRef<HTMLDivElement>(null)
  const first = useAnswer(`study ${id}`, async () => {
    const found = (await api.call('bench.studies', {})).studies.find((each) => each.id === id) ?? null
    if (found) {
      setStudy(found)
      setPlace(Math.min(found.voted, Math.max(0, found.pairs - 1)))
      if (found.voted >= found.pairs) setRevealed(true)
    }
    return { found }
  })
  const pair = useAnswer<BlindPair | null>(`pair ${id} ${place ?? ''}`, () =>
    place === null ? Promise.resolve(null) : api.call('bench.pair', { study: id, place }),
  )

  const cast = useCallback(
    async (vote: SideVote): Promise<void> => {
      if (busy || place === null || !study) return
      setBusy(true)
      try {
        const after = await api.call('bench.vote', { study: id, place, vote })
        past.current.push(place)
        setStudy(after)
        if (after.voted >= after.pairs) setRevealed(true)
        else setPlace((place + 1) % after.pairs)
      } catch (error) {
        toastError(error)
      } finally {
        setBusy(false)
      }
    },
    [busy, id, place, study],
  )
  const undo = useCallback(async (): Promise<void> => {
    const last = past.current.pop() ?? (place !== null && place > 0 ? place - 1 : null)
    if (last === null || busy) return
    setBusy(true)
    try {
      setStudy(await api.call('bench.vote', { study: id, place: last, vote: null }))
      setRevealed(false)
      setPlace(last)
    } catch (error) {
      toastError(error)
    } finally {
      setBusy(false)
    }
  }, [busy, id, place])

  // The keys belong to this view while it is open: the focus goes there once, not after every vote.
  const open = study !== null && !revealed
  useEffect(() => {
    if (open) top.current?.focus()
  }, [open])

  if (first.value && first.value.found === null)
    return (
      <EmptyState icon="eye-off" title="This comparison is not there any more">
        Tick two runs of one suite on the left and start another one.
      </EmptyState>
    )
  if (!study || place === null)
    return first.error ? (
      <Notice tone="danger">{first.error}</Notice>
    ) : (
      <ProgressBar value={null} label="Loading the pairs" />
    )
  return (
    <div
      ref={top}
      className="bench-vote"
      tabIndex={-1}
      role="group"
      aria-label="Blind votes"
      onKeyDown={(event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || revealed) return
        const vote = keys[event.key]
        if (vote) void cast(vote)
        else if (event.key === 'u' || event.key === 'Backspace') void undo()
        else return
        event.preventDefault()
        event.stopPropagation()
      }}
    >
      <header className="bench-head">
        <div className="bench-head-row">
          <h2>Which answer is better?</h2>
          <span className="bench-state" role="status">
            {study.voted} of {study.pairs} votes
          </span>
          <span className="bench-head-actions">
            <Button icon="undo" disabled={busy || study.voted === 0} onClick={() => void undo()}>
              Undo
            </Button>
            {!revealed && study.voted > 0 && (
              <Button icon="eye" onClick={() => setRevealed(true)}>
                Show the result
              </Button>
            )}
            {revealed && study.voted < study.pairs && <Button onClick={() => setRevealed(false)}>Go on voting</Button>}
            <Button onClick={() => show({ kind: 'none' })}>Leave</Button>
          </span>
        </div>
        <ProgressBar value={study.pairs === 0 ? 0 : study.voted / study.pairs} label="Votes" />
      </header>
      {revealed ? (
        <VoteResult study={study} />
      ) : pair.error ? (
        <Notice tone="danger">{pair.error}</Notice>
      ) : pair.value ? (
        <Pair pair={pair.value} identical={study.identical} busy={busy} onVote={(vote) => void cast(vote)} />
      ) : (
        <ProgressBar value={null} label="Loading the pair" />
      )}
    </div>
  )
}

function Pair({
  pair,
  identical,
  busy,
  onVote,
}: {
  readonly pair: BlindPair
  readonly identical: number
  readonly busy: boolean
  readonly onVote: (vote: SideVote) => void
}): ReactElement {
  const { instruction, input, left, right, vote: said } = pair
  return (
    <>
      <p className="bench-vote-instruction">{instruction}</p>
      <div className="bench-vote-sides">
        {(['left', 'input', 'right'] as const).map((name) =>
          name === 'input' ? (
            <figure key={name} className="bench-vote-input">
              {input ? <img src={api.blobUrl(input.blob)} alt="Given" /> : <span className="bench-blank" />}
              <figcaption>{input ? 'Given' : 'Drawn from words alone'}</figcaption>
            </figure>
          ) : (
            <figure key={name} className="bench-vote-side">
              <img src={api.blobUrl((name === 'left' ? left : right).picture.blob)} alt={`Answer on the ${name}`} />
              <figcaption>{(name === 'left' ? left : right).reasoning || 'Without reasoning.'}</figcaption>
            </figure>
          ),
        )}
      </div>
      <div className="bench-vote-choices" role="group" aria-label="Your vote">
        {choices.map(({ vote, label, chord }) => (
          <Button key={vote} disabled={busy} aria-pressed={said === vote} onClick={() => onVote(vote)}>
            {label} <Kbd chord={chord} />
          </Button>
        ))}
      </div>
      <p className="bench-note">
        {identical > 0 ? `${identical} more pairs are alike in picture and words: they count as ties. ` : ''}Sides and
        order are drawn from a recorded seed; which run is which is told with the result. U takes a vote back.
      </p>
    </>
  )
}
