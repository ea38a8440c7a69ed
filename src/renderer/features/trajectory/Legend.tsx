/** What the looks of words mean: each state by its own shape and colour, and the scale of confidence. */
import type { ReactElement } from 'react'
import { Icon } from '../../ui/Icon.tsx'
import { stateNames, wordStates, type WordState } from './words.ts'
import './words.css'

const glyphs: Partial<Record<WordState, 'pin' | 'undo' | 'text'>> = { pinned: 'pin', remasked: 'undo', given: 'text' }

export function Legend(): ReactElement {
  return (
    <ul className="tj-legend" aria-label="What the looks of words mean">
      {wordStates.map((state) => (
        <li key={state}>
          <span className={`tj-word tj-sample tj-${state}`} aria-hidden="true">
            <span className="tj-label">{state === 'masked' || state === 'remasked' ? '' : 'word'}</span>
            {glyphs[state] && (
              <span className="tj-glyph">
                <Icon name={glyphs[state]} size={9} />
              </span>
            )}
          </span>
          {stateNames[state]}
        </li>
      ))}
      <li className="tj-legend-scale">
        <span className="tj-ramp" aria-hidden="true" />
        unsure to certain, on words and on image cells
      </li>
    </ul>
  )
}
