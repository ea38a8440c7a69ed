/** A chord as keys. */
import type { ReactElement } from 'react'
import { chordKeys } from './chord.ts'

const mac = /mac/i.test(navigator.platform)

export function Kbd({ chord }: { readonly chord: string }): ReactElement {
  return (
    <span className="kbd">
      {chordKeys(chord, mac).map((key) => (
        <kbd key={key}>{key}</kbd>
      ))}
    </span>
  )
}
