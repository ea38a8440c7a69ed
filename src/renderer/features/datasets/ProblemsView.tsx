/** The gate on screen: what the check found, by kind, with cause and remedy, the rows, and what a machine can mend. */
import { useEffect, useState, type ReactElement } from 'react'
import { problemWords } from '../../../shared/dataset-fixes.ts'
import type { Dataset, RowProblem } from '../../../shared/dataset-records.ts'
import { problemCodes, problemSeverity, type ProblemCode } from '../../../shared/datasets.ts'
import { api } from '../../api.ts'
import { when } from '../../state/runs-words.ts'
import { useStudio } from '../../state/store.ts'
import { asWords } from '../../state/problems.ts'
import { Button } from '../../ui/Button.tsx'
import { Select } from '../../ui/choices.tsx'
import { EmptyState, Notice, ProgressBar } from '../../ui/feedback.tsx'
import { Icon } from '../../ui/Icon.tsx'
import { checkModel, setCheckModel, standing, startCheck } from './check.ts'
import { edit, goTo, search, showTab } from './rows-state.ts'

type Counts = Partial<Record<ProblemCode, number>>

export function ProblemsView({ set }: { readonly set: Dataset }): ReactElement {
  const [counts, setCounts] = useState<Counts | null>(null)
  const [error, setError] = useState<string | null>(null)
  const { stand, check } = set
  useEffect(() => {
    let here = true
    api.call('datasets.findings', { dataset: set.id }).then(
      (found) => here && (setCounts(found.counts), setError(null)),
      (fault: unknown) => here && setError(asWords(fault)),
    )
    return () => {
      here = false
    }
  }, [set.id, stand, check?.at])
  if (error !== null) return <Notice tone="danger">{error}</Notice>
  if (!counts) return <ProgressBar value={null} label="Looking at the findings" />
  const codes = problemCodes.filter((code) => (counts[code] ?? 0) > 0)
  return (
    <div className="data-pad data-problems">
      <Head set={set} />
      {codes.length === 0 ? (
        <EmptyState icon={check ? 'check' : 'refresh'} title={check ? 'Nothing is wrong here' : 'Not checked yet'}>
          {check
            ? standing(set).long
            : 'The check reads every row, decodes every picture, and names what keeps training from starting.'}
        </EmptyState>
      ) : (
        codes.map((code) => <Group key={code} set={set} code={code} count={counts[code] ?? 0} />)
      )}
    </div>
  )
}

function Head({ set }: { readonly set: Dataset }): ReactElement {
  const models = useStudio((s) => s.models)
  const [model, setModel] = useState(checkModel() ?? '')
  const { check } = set
  return (
    <div className="data-check">
      <p>
        {check
          ? `Checked ${when(check.at, Date.now())} in ${check.seconds < 1 ? '1 s' : `${Math.round(check.seconds)} s`}, ${
              check.model === null ? 'without a model' : `with the words and lengths of ${check.modelName}`
            }.`
          : 'Words and lengths are those of a model.'}
      </p>
      {models.length > 1 && (
        <Select
          bare
          label="Model of the check"
          value={model}
          options={models.map(({ id, name }) => ({ value: id, label: name }))}
          onChange={(next) => {
            setModel(next)
            setCheckModel(next)
          }}
        />
      )}
      <Button
        kind="primary"
        icon="check"
        disabled={set.rows + set.broken === 0}
        onClick={() => void startCheck(set.id)}
      >
        {check ? 'Check again' : 'Check'}
      </Button>
    </div>
  )
}

const FIRST = 5
const MORE = 50

function Group({
  set,
  code,
  count,
}: {
  readonly set: Dataset
  readonly code: ProblemCode
  readonly count: number
}): ReactElement {
  const [limit, setLimit] = useState(FIRST)
  const [problems, setProblems] = useState<readonly RowProblem[]>([])
  const [working, setWorking] = useState(false)
  const { title, why, fixes } = problemWords[code]
  const error = problemSeverity[code] === 'error'
  // What is said of a whole file has no row to be dropped.
  const ofRows = problems.some(({ row }) => row !== null)
  useEffect(() => {
    let here = true
    api.call('datasets.problems', { dataset: set.id, code, limit, offset: 0 }).then(
      (found) => here && setProblems(found.problems),
      () => undefined,
    )
    return () => {
      here = false
    }
  }, [set.id, code, limit, count])
  return (
    <section className={error ? 'data-group data-group-error' : 'data-group'} aria-label={title}>
      <header>
        <Icon name="warning" size={14} />
        <h3>
          {title}
          <span className="data-group-count">{count.toLocaleString('en')}</span>
        </h3>
        <span className="data-group-kind">{error ? 'Training cannot start' : 'Training can start'}</span>
        <span className="data-group-fixes">
          {ofRows && (
            <Button
              kind="quiet"
              onClick={() => {
                showTab('rows')
                search({ filter: { code }, index: 0 })
              }}
            >
              Show the rows
            </Button>
          )}
          {set.editable &&
            ofRows &&
            fixes.map(({ how, label }) => (
              <Button
                key={how}
                disabled={working}
                onClick={() => {
                  setWorking(true)
                  void edit({ do: 'fix', code, how }).finally(() => setWorking(false))
                }}
              >
                {label}
              </Button>
            ))}
        </span>
      </header>
      <p className="data-group-why">{why}</p>
      <ul>
        {problems.map((problem, i) => (
          <li key={`${problem.row ?? 'file'} ${i}`}>
            <Finding problem={problem} />
          </li>
        ))}
      </ul>
      {count > problems.length && problems.length > 0 && limit < 500 && (
        <Button kind="quiet" onClick={() => setLimit(Math.min(500, limit + MORE))}>
          {(count - problems.length).toLocaleString('en')} more
        </Button>
      )}
    </section>
  )
}

function Finding({ problem }: { readonly problem: RowProblem }): ReactElement {
  const { id, where, message, fix, row } = problem
  const words = (
    <>
      <span className="data-finding-id">{id || where}</span>
      <span>
        {message}. <span className="data-finding-fix">{fix}</span>
      </span>
    </>
  )
  if (row === null) return <div className="data-finding">{words}</div>
  return (
    <button type="button" className="data-finding" onClick={() => void goTo(row)}>
      {words}
    </button>
  )
}
