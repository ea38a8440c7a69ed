/** Answers of a run, a page at a time: what was asked, given and drawn; the chosen one in full, with every judge's reasons. */
import { useState, type KeyboardEvent, type ReactElement } from 'react'
import type { AnswerFilter } from '../../../shared/bench-read.ts'
import type { StudioAnswer } from '../../../shared/ipc-bench.ts'
import type { DecodingMode } from '../../../shared/trajectory.ts'
import { api } from '../../api.ts'
import { IconButton } from '../../ui/Button.tsx'
import { Select } from '../../ui/choices.tsx'
import { EmptyState, Notice, ProgressBar } from '../../ui/feedback.tsx'
import { AnswerDetail } from './AnswerDetail.tsx'
import { useAnswer } from './use-answer.ts'

const PAGE = 24

export interface AnswersProps {
  readonly run: { readonly job: string; readonly mode?: DecodingMode }
  readonly categories: readonly string[]
  readonly judge?: string
  readonly pulse: string
}

const only: readonly { value: NonNullable<AnswerFilter['only']>; label: string }[] = [
  { value: 'all', label: 'All, in the order of the suite' },
  { value: 'worst', label: 'All, worst first' },
  { value: 'wrong', label: 'Wrong picture or reasoning' },
  { value: 'unjudged', label: 'Unjudged' },
]

export function Answers({ run, categories, judge, pulse }: AnswersProps): ReactElement {
  const [filter, setFilter] = useState<AnswerFilter>({ only: 'all' })
  const [page, setPage] = useState(0)
  const [chosen, setChosen] = useState<string | null>(null)
  const narrow = (change: Partial<AnswerFilter>): void => {
    setFilter({ ...filter, ...change })
    setPage(0)
  }
  const { value, error, loading } = useAnswer(
    JSON.stringify([run, filter, page, judge]),
    () =>
      api.call('bench.answers', {
        ...run,
        ...(judge === undefined ? {} : { judge }),
        filter,
        offset: page * PAGE,
        limit: PAGE,
      }),
    pulse,
  )
  const answers = value?.answers ?? []
  const pages = Math.max(1, Math.ceil((value?.total ?? 0) / PAGE))
  const at = Math.max(
    0,
    answers.findIndex((answer) => keyOf(answer) === chosen),
  )
  const shown = answers[at]
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key]
    const next = by === undefined ? undefined : answers[at + by]
    if (!next) return
    event.preventDefault()
    setChosen(keyOf(next))
  }
  return (
    <div className="bench-answers">
      <div className="bench-filters" role="search">
        <input
          type="search"
          className="text-field"
          aria-label="Search instruction and reasoning"
          placeholder="Search instruction, reasoning, id"
          maxLength={500}
          value={filter.query ?? ''}
          onChange={(event) => narrow({ query: event.target.value })}
        />
        <Select
          bare
          label="Category"
          value={filter.category ?? ''}
          options={[
            { value: '', label: 'Every category' },
            ...categories.map((name) => ({ value: name, label: name })),
          ]}
          onChange={(category) => narrow({ category: category === '' ? undefined : category })}
        />
        <Select
          bare
          label="Which answers"
          value={filter.only ?? 'all'}
          options={only}
          onChange={(value) => narrow({ only: value })}
        />
        <span className="bench-pages">
          {value ? `${value.total} answers` : ''}
          <IconButton
            small
            icon="chevron-left"
            label="Earlier page"
            disabled={page === 0}
            onClick={() => setPage(page - 1)}
          />
          {page + 1} / {pages}
          <IconButton
            small
            icon="chevron-right"
            label="Later page"
            disabled={page + 1 >= pages}
            onClick={() => setPage(page + 1)}
          />
        </span>
      </div>
      {error && <Notice tone="danger">{error}</Notice>}
      {loading && !value && <ProgressBar value={null} label="Loading answers" />}
      {value && answers.length === 0 && (
        <EmptyState title="No answer fits">Widen the search or the filters.</EmptyState>
      )}
      {shown && (
        <div className="bench-browser">
          <div className="bench-cards" role="listbox" aria-label="Answers" tabIndex={0} onKeyDown={onKeyDown}>
            {answers.map((answer, i) => (
              <Card key={keyOf(answer)} answer={answer} chosen={i === at} onChoose={() => setChosen(keyOf(answer))} />
            ))}
          </div>
          <AnswerDetail key={keyOf(shown)} run={run} answer={shown} />
        </div>
      )}
    </div>
  )
}

function rightWords({ image, reasoning }: { readonly image: boolean; readonly reasoning: boolean }): string {
  if (image && reasoning) return 'right'
  if (!image && !reasoning) return 'both wrong'
  return image ? 'reasoning wrong' : 'picture wrong'
}

const keyOf = ({ id, seed }: StudioAnswer): string => `${id} ${seed}`

function Card({
  answer,
  chosen,
  onChoose,
}: {
  readonly answer: StudioAnswer
  readonly chosen: boolean
  readonly onChoose: () => void
}): ReactElement {
  const { instruction, input, output, judgements, id, seed } = answer
  const right = judgements.find((judgement) => judgement.right)?.right
  return (
    <div
      role="option"
      aria-selected={chosen}
      className="bench-card"
      ref={(element) => {
        if (chosen) element?.scrollIntoView({ block: 'nearest' })
      }}
      onClick={onChoose}
    >
      <span className="bench-thumbs">
        {input ? <img src={api.blobUrl(input)} alt="" /> : <span className="bench-blank" />}
        <img src={api.blobUrl(output)} alt="" />
      </span>
      <span className="bench-card-words">
        <span className="bench-card-title">{instruction}</span>
        <span className="bench-run-facts">
          {id}, seed {seed}
          {right ? `, ${rightWords(right)}` : ''}
        </span>
      </span>
    </div>
  )
}
