/** A colour: a square of saturation and value, a strip of hue, its hex, and those used last. Every part takes keys. */
import { useEffect, useRef, useState, type KeyboardEvent, type PointerEvent, type ReactElement } from 'react'
import { hexToHsv, hsvToHex, parseHex, type Hsv } from '../../canvas/colour.ts'
import { canvas, useEditor } from '../../canvas/editor-store.ts'
import { clamp } from '../../canvas/geometry.ts'
import { Popover } from '../../ui/Popover.tsx'
import { TextField } from '../../ui/Field.tsx'
import { Tooltip } from '../../ui/Tooltip.tsx'
import './colour.css'

/** The colour in the hand; opens the picker. */
export function ColourButton(): ReactElement {
  const colour = useEditor((s) => s.colour)
  const [open, setOpen] = useState(false)
  const anchor = useRef<HTMLButtonElement>(null)
  const close = (): void => {
    setOpen(false)
    canvas.keepColour(useEditor.getState().colour)
  }
  return (
    <>
      <Tooltip text="Colour" detail={colour} side="right">
        <button
          type="button"
          ref={anchor}
          className="colour-button"
          aria-label={`Colour, ${colour}`}
          aria-haspopup="dialog"
          aria-expanded={open}
          onClick={() => (open ? close() : setOpen(true))}
        >
          <span style={{ background: colour }} />
        </button>
      </Tooltip>
      {open && (
        <Popover anchor={anchor} label="Colour" side="right" align="end" onClose={close}>
          <ColourPicker />
        </Popover>
      )}
    </>
  )
}

export function ColourPicker(): ReactElement {
  const colour = useEditor((s) => s.colour)
  const recent = useEditor((s) => s.recentColours)
  const [hsv, setHsv] = useState<Hsv>(() => hexToHsv(colour))
  const [text, setText] = useState(colour)
  const bad = parseHex(text) === null
  // A colour from elsewhere keeps the hue that a grey has lost.
  useEffect(() => {
    setHsv((now) => (hsvToHex(now) === colour ? now : hexToHsv(colour, now)))
    setText((now) => (parseHex(now) === colour ? now : colour))
  }, [colour])
  const choose = (next: Hsv): void => {
    setHsv(next)
    canvas.setColour(hsvToHex(next))
  }
  return (
    <div className="colour">
      <Square hsv={hsv} onChange={choose} />
      <input
        className="colour-hue"
        type="range"
        min={0}
        max={359}
        step={1}
        aria-label="Hue"
        aria-valuetext={`${Math.round(hsv.h)} degrees`}
        value={Math.round(hsv.h)}
        onChange={(event) => choose({ ...hsv, h: Number(event.target.value) })}
      />
      <div className="colour-row">
        <span className="colour-swatch" style={{ background: colour }} />
        <TextField
          bare
          label="Hex colour"
          value={text}
          maxLength={7}
          error={bad ? 'A colour is # and six digits from 0 to f.' : null}
          onChange={(typed) => {
            setText(typed)
            const parsed = parseHex(typed)
            if (parsed) canvas.setColour(parsed)
          }}
          onBlur={() => setText(colour)}
        />
      </div>
      <div className="colour-recent" role="group" aria-label="Colours used last">
        {recent.map((used) => (
          <button
            key={used}
            type="button"
            className="colour-swatch"
            aria-label={used}
            aria-pressed={used === colour}
            style={{ background: used }}
            onClick={() => canvas.setColour(used)}
          />
        ))}
      </div>
    </div>
  )
}

/** Saturation to the right, value upwards. Arrows move by a hundredth, with Shift by a tenth. */
function Square({ hsv, onChange }: { readonly hsv: Hsv; readonly onChange: (hsv: Hsv) => void }): ReactElement {
  const take = (event: PointerEvent<HTMLDivElement>): void => {
    const { left, top, width, height } = event.currentTarget.getBoundingClientRect()
    const s = clamp((event.clientX - left) / width, 0, 1)
    const v = 1 - clamp((event.clientY - top) / height, 0, 1)
    onChange({ ...hsv, s, v })
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.shiftKey ? 0.1 : 0.01
    const dx = event.key === 'ArrowRight' ? step : event.key === 'ArrowLeft' ? -step : 0
    const dy = event.key === 'ArrowUp' ? step : event.key === 'ArrowDown' ? -step : 0
    if (dx === 0 && dy === 0) return
    event.preventDefault()
    event.stopPropagation()
    onChange({ ...hsv, s: clamp(hsv.s + dx, 0, 1), v: clamp(hsv.v + dy, 0, 1) })
  }
  const percent = (value: number): number => Math.round(value * 100)
  return (
    <div
      className="colour-square"
      role="slider"
      tabIndex={0}
      aria-label="Saturation and brightness"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent(hsv.s)}
      aria-valuetext={`Saturation ${percent(hsv.s)} %, brightness ${percent(hsv.v)} %`}
      style={{ backgroundColor: `hsl(${hsv.h} 100% 50%)` }}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        take(event)
      }}
      onPointerMove={(event) => event.buttons === 1 && take(event)}
    >
      <span style={{ left: `${hsv.s * 100}%`, top: `${(1 - hsv.v) * 100}%` }} />
    </div>
  )
}
