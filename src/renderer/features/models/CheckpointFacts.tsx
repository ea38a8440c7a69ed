/** What a folder was found to hold: the model, its sizes, and every problem with its remedy. */
import type { ReactElement } from 'react'
import type { CheckpointLook } from '../../../shared/checkpoints.ts'
import { Notice, ProgressBar } from '../../ui/feedback.tsx'
import { bytesWords, countWords } from './models-words.ts'

export function CheckpointFacts({
  look,
  looking,
}: {
  readonly look: CheckpointLook | null
  readonly looking: boolean
}): ReactElement {
  return (
    <section aria-label="What it holds" aria-busy={looking} className="checkpoint-facts">
      {looking && <ProgressBar value={null} label="Reading the folder" />}
      {look && (
        <>
          <h3>{look.title ?? look.name}</h3>
          {look.files > 0 && <p>{sizes(look)}</p>}
          {look.vq && (
            <p>
              Image tokenizer {look.vq.title}, {bytesWords(look.vq.bytes)}
              {look.image === null ? '' : `; pictures of ${look.image} × ${look.image}`}
            </p>
          )}
          {look.problems.map(({ about, message, remedy }) => (
            <Notice key={about + message} tone={about === 'vq' || about === 'variant' ? 'info' : 'danger'}>
              {message} {remedy}
            </Notice>
          ))}
          {look.difference && <Differences difference={look.difference} />}
        </>
      )}
    </section>
  )
}

function sizes({ parameters, bytes, files, precision, layers, width }: CheckpointLook): string {
  return [
    ...(parameters === null ? [] : [`${countWords(parameters)} parameters`]),
    ...(layers === null ? [] : [`${layers} layers of ${width ?? '?'}`]),
    `${bytesWords(bytes)} in ${files} ${files === 1 ? 'file' : 'files'}`,
    ...(precision === null ? [] : [precision]),
  ].join(', ')
}

const kinds = {
  missing: 'Missing',
  extra: 'Not part of this model',
  misshapen: 'Of another shape',
  mistyped: 'Of a type that is not computed with',
} as const

function Differences({ difference }: { readonly difference: NonNullable<CheckpointLook['difference']> }): ReactElement {
  return (
    <>
      {(Object.keys(kinds) as (keyof typeof kinds)[])
        .filter((kind) => difference[kind].count > 0)
        .map((kind) => {
          const { names, count } = difference[kind]
          return (
            <details key={kind} open={count <= 8} className="checkpoint-names">
              <summary>
                {kinds[kind]}: {count.toLocaleString('en')} {count === 1 ? 'tensor' : 'tensors'}
              </summary>
              <ul>
                {names.map((name) => (
                  <li key={name}>
                    <code>{name}</code>
                  </li>
                ))}
                {count > names.length && <li>and {(count - names.length).toLocaleString('en')} more</li>}
              </ul>
            </details>
          )
        })}
    </>
  )
}
