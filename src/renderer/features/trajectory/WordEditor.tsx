/** The small editor of a word or a range: pin, replace with the tokenizer's help, or mask again. */
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactElement, type RefObject } from 'react'
import { describeError } from '../../../shared/errors.ts'
import { api } from '../../api.ts'
import { edit } from '../../state/playback-edits.ts'
import type { WordEdit } from '../../state/playback-edits-reducer.ts'
import { suggest, visibleLabel, type Choice, type Lexicon } from '../../state/trajectories-vocabulary.ts'
import { Button } from '../../ui/Button.tsx'
import { TextField } from '../../ui/Field.tsx'
import { Popover } from '../../ui/Popover.tsx'
import { costLine, pinsOf, remasksOfWords, replacementsOf } from './word-edits.ts'
import { describeWord, type Word } from './words.ts'

type Cost =
  { readonly text: string; readonly tokens: readonly Choice[] } | { readonly text: string; readonly problem: string }
const ASK_AFTER_MS = 120

/** What a typed text costs in tokens of the model; null until it is known. */
function useCost(model: string, text: string): Cost | null {
  const [cost, setCost] = useState<Cost | null>(null)
  const wanted = text.trim()
  useEffect(() => {
    if (wanted === '') return
    let stale = false
    const timer = setTimeout(() => {
      api.call('models.tokens', { model, text: wanted }).then(
        ({ ids, labels }) => {
          const tokens = ids.map((token, i) => ({ token, label: visibleLabel(labels[i], token) }))
          if (!stale) setCost({ text: wanted, tokens })
        },
        (error: unknown) => !stale && setCost({ text: wanted, problem: describeError(error) }),
      )
    }, ASK_AFTER_MS)
    return () => {
      stale = true
      clearTimeout(timer)
    }
  }, [model, wanted])
  return cost?.text === wanted && wanted !== '' ? cost : null
}

export interface WordEditorProps {
  readonly anchor: RefObject<HTMLElement | null>
  readonly model: string
  readonly lexicon: Lexicon
  readonly all: readonly Word[]
  /** The words chosen: one, or a range. */
  readonly chosen: readonly Word[]
  readonly onClose: () => void
}

export function WordEditor({ anchor, model, lexicon, all, chosen, onClose }: WordEditorProps): ReactElement {
  const first = chosen[0]
  const one = chosen.length === 1 ? first : undefined
  const pins = pinsOf(chosen)
  const masks = remasksOfWords(chosen)
  const apply = (edits: readonly WordEdit[]): void => {
    edit({ type: 'words', edits })
    onClose()
  }
  return (
    <Popover
      anchor={anchor}
      onClose={onClose}
      label={one ? `Change “${one.label || 'mask'}”` : 'Change words'}
      className="tj-editor"
    >
      <p className="tj-editor-about">
        {one ? describeWord(one) : `${chosen.length} words: ${chosen.map((w) => w.label || '▒').join(' ')}`}
      </p>
      {first && <Replace model={model} lexicon={lexicon} all={all} from={first.index} onApply={apply} />}
      <div className="tj-editor-actions">
        <Button icon="pin" disabled={pins.length === 0} onClick={() => apply(pins)}>
          {one ? 'Pin as it is' : `Pin ${pins.length}`}
        </Button>
        <Button icon="undo" disabled={masks.length === 0} onClick={() => apply(masks)}>
          {one ? 'Mask again' : `Mask ${masks.length} again`}
        </Button>
      </div>
    </Popover>
  )
}

function Replace({
  model,
  lexicon,
  all,
  from,
  onApply,
}: {
  readonly model: string
  readonly lexicon: Lexicon
  readonly all: readonly Word[]
  readonly from: number
  readonly onApply: (edits: readonly WordEdit[]) => void
}): ReactElement {
  const id = useId()
  const [text, setText] = useState('')
  const [active, setActive] = useState(0)
  const list = useRef<HTMLUListElement>(null)
  const choices = suggest(lexicon.choices, text)
  const cost = useCost(model, text)
  const chosen = choices[Math.min(active, choices.length - 1)]
  const tokens = cost && 'tokens' in cost ? cost.tokens : null
  const put = (list: readonly Choice[]): void => onApply(replacementsOf(all, from, list))

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const by = event.key === 'ArrowDown' ? 1 : -1
      if (choices.length > 0) setActive((active + by + choices.length) % choices.length)
    } else if (event.key === 'Enter') {
      // What is highlighted is what Enter takes; without suggestions the text itself, token by token.
      if (chosen) put([chosen])
      else if (tokens && tokens.length > 0) put(tokens)
    } else return
    event.preventDefault()
  }
  return (
    <div className="tj-replace">
      <TextField
        label="Replace with"
        value={text}
        placeholder="a word the model knows"
        role="combobox"
        aria-expanded={choices.length > 0}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={chosen ? `${id}-${chosen.token}` : undefined}
        onChange={(value) => {
          setText(value)
          setActive(0)
        }}
        onKeyDown={onKeyDown}
      />
      <ul ref={list} id={`${id}-list`} role="listbox" aria-label="Words of the model" className="tj-choices">
        {choices.map((choice, i) => (
          <li
            key={choice.token}
            id={`${id}-${choice.token}`}
            role="option"
            aria-selected={choice === chosen}
            className="tj-choice"
            onPointerEnter={() => setActive(i)}
            onClick={() => put([choice])}
          >
            <span>{choice.label}</span>
            <span className="tj-choice-id">#{choice.token}</span>
          </li>
        ))}
      </ul>
      <p className="tj-cost" aria-live="polite">
        {cost === null
          ? text.trim() === ''
            ? 'Type a word. Enter puts it in place.'
            : ' '
          : 'problem' in cost
            ? cost.problem
            : costLine(cost.tokens, from, all.length)}
      </p>
      {tokens && tokens.length > 1 && (
        <Button wide onClick={() => put(tokens)}>{`Put in ${tokens.length} tokens`}</Button>
      )}
    </div>
  )
}
