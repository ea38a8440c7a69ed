/** The slots of the reasoning as a list one word wide: pointer and keyboard choose words, ranges with Shift. */
import {
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  type KeyboardEvent,
  type MouseEvent,
  type ReactElement,
} from 'react'
import type { WordEdit } from '../../state/playback-edits-reducer.ts'
import { moveFocus, rangeOf, type WordFocus } from './word-keys.ts'
import { describeWord, stateNames, type Word } from './words.ts'
import { WordSlot } from './WordSlot.tsx'

export interface WordListProps {
  readonly label: string
  readonly words: readonly Word[]
  readonly widths: readonly number[]
  readonly widthOf: (label: string) => number
  /** Words from here on are folded into one mark; null shows all. */
  readonly fold: number | null
  readonly focus: WordFocus
  readonly onFocus: (focus: WordFocus) => void
  readonly edits: readonly WordEdit[]
  readonly lit: ReadonlySet<number>
  readonly differing?: ReadonlySet<number>
  readonly onPoint: (index: number | null) => void
  /** Enter, or a click: with the slot's element, to anchor an editor at. */
  readonly onOpen?: (index: number, at: HTMLElement) => void
  readonly onUnfold: () => void
  /** Any other key, before the list is left. True where it was taken. */
  readonly onKey?: (event: KeyboardEvent) => boolean
}

/** A list that held the focus was taken away, and nothing else has it since. */
let focusLeft = false

const noneDiffer: ReadonlySet<number> = new Set()

export function WordList(props: WordListProps): ReactElement {
  const { words, widths, widthOf, fold, focus, onFocus, edits, lit, differing = noneDiffer, onPoint, onUnfold } = props
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  const byIndex = useMemo(() => new Map(edits.map((edit) => [edit.index, edit])), [edits])
  const shown = fold === null ? words : words.slice(0, fold)
  const count = shown.length + (fold === null ? 0 : 1)
  const head = Math.min(focus.head, Math.max(0, count - 1))
  const range = focus.anchor === focus.head ? null : new Set(rangeOf(focus))

  // The list keeps the tallest height it had: what is below does not move when its end is folded.
  useEffect(() => {
    const element = list.current
    if (!element) return
    element.style.minHeight = ''
    let most = 0
    const grow = new ResizeObserver(() => {
      most = Math.max(most, element.offsetHeight)
      element.style.minHeight = `${most}px`
    })
    grow.observe(element)
    let width = element.offsetWidth
    const onResize = (): void => {
      if (element.offsetWidth === width) return
      width = element.offsetWidth
      most = 0
      element.style.minHeight = ''
    }
    window.addEventListener('resize', onResize)
    return () => {
      grow.disconnect()
      window.removeEventListener('resize', onResize)
    }
  }, [words.length])

  // A run that goes on from this one, or another in its place, is another list: who was in the words stays there.
  useLayoutEffect(() => {
    const element = list.current
    if (focusLeft && document.activeElement === document.body)
      element?.querySelector<HTMLElement>('[tabindex="0"]')?.focus()
    focusLeft = false
    return () => {
      focusLeft = element?.contains(document.activeElement) ?? false
    }
  }, [])

  const optionAt = (index: number): HTMLElement | null =>
    list.current?.querySelector<HTMLElement>(`[data-index="${index}"]`) ?? null
  const indexUnder = (event: { readonly target: EventTarget }): number | null => {
    const option = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-index]') : null
    return option ? Number(option.dataset['index']) : null
  }
  const places = (): { x: number; y: number }[] =>
    [...(list.current?.children ?? [])].map((child) => {
      const { left, width, top } = child.getBoundingClientRect()
      return { x: left + width / 2, y: top }
    })
  const open = (index: number, at: HTMLElement): void => {
    if (fold !== null && index >= fold) onUnfold()
    else props.onOpen?.(index, at)
  }

  const onKeyDown = (event: KeyboardEvent): void => {
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey
    const moved = plain ? moveFocus({ ...focus, head }, event.key, event.shiftKey, count, places) : null
    if (moved) {
      onFocus(moved)
      optionAt(moved.head)?.focus()
    } else if (plain && event.key === 'Enter') {
      const at = optionAt(head)
      if (at) open(head, at)
    } else if (!props.onKey?.(event)) return
    event.preventDefault()
    event.stopPropagation()
  }
  const onClick = (event: MouseEvent): void => {
    const index = indexUnder(event)
    const at = index === null ? null : optionAt(index)
    if (index === null || !at) return
    at.focus()
    onFocus({ head: index, anchor: event.shiftKey ? focus.anchor : index })
    if (!event.shiftKey) open(index, at)
  }

  return (
    <div
      ref={list}
      className="tj-words"
      role="listbox"
      aria-label={props.label}
      aria-multiselectable="true"
      aria-orientation="horizontal"
      onKeyDown={onKeyDown}
      onClick={onClick}
      onPointerOver={(event) => onPoint(indexUnder(event))}
      onPointerLeave={() => onPoint(null)}
      onFocus={(event) => onPoint(indexUnder(event))}
      onBlur={() => onPoint(null)}
    >
      {shown.map((word) => {
        const edit = byIndex.get(word.index) ?? null
        const label = edit?.kind === 'replace' ? edit.label : word.quiet ? (word.index === 0 ? 'end' : '·') : word.label
        const width = widths[word.index] ?? 24
        return (
          <WordSlot
            key={word.index}
            id={`${id}-${word.index}`}
            index={word.index}
            label={label}
            name={edit ? `${describeWord(word)}, ${pendingName(edit)}` : describeWord(word)}
            state={word.state}
            quiet={word.quiet && edit?.kind !== 'replace'}
            share={word.share}
            width={edit?.kind === 'replace' ? Math.max(width, widthOf(edit.label)) : width}
            focusable={word.index === head}
            selected={range ? range.has(word.index) : word.index === head}
            lit={lit.has(word.index)}
            pending={edit?.kind ?? null}
            differs={differing.has(word.index)}
          />
        )
      })}
      {fold !== null && <EndMark words={words} fold={fold} focusable={head === fold} lit={lit} />}
    </div>
  )
}

/** "put in place of dog": what a prepared change will do. */
export function pendingName(edit: WordEdit): string {
  switch (edit.kind) {
    case 'pin':
      return 'to be pinned'
    case 'replace':
      return `to be replaced by ${edit.label}`
    case 'remask':
      return 'to be masked again'
  }
}

/** The end of the reasoning with all that follows it: padding, and places still open that no one will read. */
function EndMark({
  words,
  fold,
  focusable,
  lit,
}: {
  readonly words: readonly Word[]
  readonly fold: number
  readonly focusable: boolean
  readonly lit: ReadonlySet<number>
}): ReactElement {
  const behind = words.slice(fold)
  const open = behind.filter((word) => word.step === null && word.state !== 'given' && word.state !== 'pinned').length
  const drafted = behind[0]?.state === 'draft'
  const detail = open > 0 ? `${open} ${stateNames.masked}` : `${behind.length} places`
  return (
    <div
      role="option"
      aria-selected={focusable}
      aria-label={`End of the reasoning${drafted ? ', draft' : ''}, ${behind.length} places folded, ${open} still masked. Enter shows them.`}
      tabIndex={focusable ? 0 : -1}
      data-index={fold}
      className={`tj-end${drafted ? ' tj-end-draft' : ''}${behind.some((word) => lit.has(word.index)) ? ' tj-lit' : ''}`}
    >
      <span className="tj-end-word">end</span>
      <span className="tj-end-detail">{detail}</span>
    </div>
  )
}
