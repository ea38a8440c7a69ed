/** One answer in full: pictures, words beside the right ones, every judge's scores with its reasons, and the timeline. */
import { useState, type ReactElement } from 'react'
import type { StudioAnswer } from '../../../shared/ipc-bench.ts'
import { dimensionNames } from '../../../shared/bench.ts'
import type { DecodingMode } from '../../../shared/trajectory.ts'
import { api } from '../../api.ts'
import { Button } from '../../ui/Button.tsx'
import { measureName, number, reasonWords } from './bench-words.ts'
import { openOnTimeline } from './open-runs.ts'

export function AnswerDetail({
  run,
  answer,
}: {
  readonly run: { readonly job: string; readonly mode?: DecodingMode }
  readonly answer: StudioAnswer
}): ReactElement {
  const [opening, setOpening] = useState(false)
  const { id, seed, category, instruction, reasoning, reference, input, output, right, judgements } = answer
  return (
    <article className="bench-detail" aria-label={`Answer to ${id}, seed ${seed}`}>
      <header className="bench-detail-head">
        <h3>{instruction}</h3>
        <Button
          icon="play"
          disabled={opening}
          onClick={() => {
            setOpening(true)
            void openOnTimeline({ ...run, id, seed }).finally(() => setOpening(false))
          }}
        >
          Open on the timeline
        </Button>
      </header>
      <p className="bench-run-facts">
        {id}, seed {seed}, {category}
      </p>
      <div className="bench-pictures">
        {input && <Shown picture={input} name="Given" />}
        <Shown picture={output} name="Drawn" />
        {right && <Shown picture={right} name="A right answer" />}
      </div>
      <section aria-label="Reasoning">
        <h4>Reasoning</h4>
        <p className="bench-reasoning">{reasoning || 'None.'}</p>
        {reference !== null && reference !== reasoning && (
          <>
            <h4>Right reasoning</h4>
            <p className="bench-reasoning">{reference}</p>
          </>
        )}
      </section>
      <section aria-label="Judgements">
        {judgements.length === 0 && <p className="bench-note">Not judged yet.</p>}
        {judgements.map(({ judge, scores, reasons }) => (
          <div key={judge} className="bench-judgement">
            <h4>{judge}</h4>
            {scores ? (
              <dl className="bench-scores">
                {dimensionNames.map((name) => (
                  <div key={name}>
                    <dt>{measureName(name)}</dt>
                    <dd>{number(scores[name], 0)}</dd>
                  </div>
                ))}
              </dl>
            ) : (
              <p className="bench-note">Unjudged.</p>
            )}
            {reasons.length > 0 && (
              <ul className="bench-reasons">
                {reasons.map((reason) => (
                  <li key={reasonWords(reason)}>{reasonWords(reason)}</li>
                ))}
              </ul>
            )}
          </div>
        ))}
      </section>
    </article>
  )
}

function Shown({ picture, name }: { readonly picture: string; readonly name: string }): ReactElement {
  return (
    <figure>
      <img src={api.blobUrl(picture)} alt={name} />
      <figcaption>{name}</figcaption>
    </figure>
  )
}
