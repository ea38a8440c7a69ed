/** One slot of the reasoning: a word and how sure it is. It is drawn again only when what it shows changes. */
import { memo, type CSSProperties, type ReactElement } from 'react'
import { Icon, type IconName } from '../../ui/Icon.tsx'
import { slotLimits } from './slot-widths.ts'
import type { WordState } from './words.ts'
import './words.css'

export interface WordSlotProps {
  readonly id: string
  readonly index: number
  readonly label: string
  /** All of it in words, for assistive technology. */
  readonly name: string
  readonly state: WordState
  readonly quiet: boolean
  /** 0..1 on the scale of all bars; null for none. */
  readonly share: number | null
  readonly width: number
  readonly focusable: boolean
  readonly selected: boolean
  /** Decided at the same step as what is pointed at. */
  readonly lit: boolean
  /** A change prepared for it. */
  readonly pending: 'pin' | 'replace' | 'remask' | null
  /** It reads otherwise in the run compared with. */
  readonly differs: boolean
}

const glyphs: Partial<Record<WordState, IconName>> = { pinned: 'pin', remasked: 'undo', given: 'text' }
const pendingGlyphs = { pin: 'pin', replace: 'text', remask: 'undo' } as const satisfies Record<string, IconName>

/**
 * A share as a bar: its length, and its colour between two of the three of the scale. A background and no element inside:
 * with hundreds of words that change at every step, nothing has to be laid out or clipped.
 */
function shareStyle(share: number): CSSProperties {
  const upper = share >= 0.5
  const within = Math.round((upper ? share * 2 - 1 : share * 2) * 100)
  const [from, to] = upper ? ['--confidence-mid', '--confidence-high'] : ['--confidence-low', '--confidence-mid']
  const colour = `color-mix(in srgb, var(${to}) ${within}%, var(${from}))`
  return {
    backgroundImage: `linear-gradient(${colour}, ${colour})`,
    backgroundSize: `${Math.round(share * 100)}% 100%`,
  }
}

export const WordSlot = memo(function WordSlot(props: WordSlotProps): ReactElement {
  const { id, index, label, name, state, quiet, share, width, focusable, selected, lit, pending, differs } = props
  const classes = [
    'tj-word',
    `tj-${pending === 'remask' ? 'masked' : state}`,
    quiet ? 'tj-quiet' : '',
    // Only a slot at the limit can be too narrow for its word; to clip them all would cost at every step.
    width >= slotLimits.most ? 'tj-narrow' : '',
    lit ? 'tj-lit' : '',
    pending ? `tj-pending tj-pending-${pending}` : '',
    differs ? 'tj-differs' : '',
  ]
  const glyph = pending ? pendingGlyphs[pending] : glyphs[state]
  return (
    <div
      id={id}
      role="option"
      aria-selected={selected}
      aria-label={name}
      tabIndex={focusable ? 0 : -1}
      data-index={index}
      className={classes.filter(Boolean).join(' ')}
      style={{ width }}
    >
      <span className="tj-label">{label}</span>
      {glyph && (
        <span className="tj-glyph">
          <Icon name={glyph} size={9} />
        </span>
      )}
      <span className="tj-bar" style={share === null || pending ? undefined : shareStyle(share)} />
    </div>
  )
})
