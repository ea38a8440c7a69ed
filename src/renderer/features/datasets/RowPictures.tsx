/** The two pictures of a row: side by side, over each other with a line to drag, or with what changed lit up. */
import { useEffect, useRef, useState, type ReactElement } from 'react'
import type { DatasetRecord } from '../../../shared/dataset-records.ts'
import type { ResultOf } from '../../../shared/ipc.ts'
import { api } from '../../api.ts'
import { asWords } from '../../state/problems.ts'
import { SegmentedControl } from '../../ui/choices.tsx'
import { CopyDiagnostics } from '../../ui/diagnostics.tsx'
import { Icon } from '../../ui/Icon.tsx'
import { useRemembered } from '../../ui/remembered.ts'
import { changedShare, drawChanges } from './changes.ts'
import { size } from './words.ts'

type View = 'both' | 'slider' | 'changes'

interface Shown {
  readonly url: string | null
  readonly fault: string | null
  readonly info: ResultOf<'datasets.picture'> | null
}

/** A picture as an address of this page, let go of when another takes its place. */
function usePicture(dataset: string, row: number, side: 'input' | 'output', name: string | null): Shown | null {
  const [shown, setShown] = useState<Shown | null>(null)
  useEffect(() => {
    if (name === null) return setShown(null)
    let url: string | null = null
    let here = true
    api.call('datasets.picture', { dataset, row, side }).then(
      (info) => {
        if (!here) return
        url = URL.createObjectURL(new Blob([info.bytes as Uint8Array<ArrayBuffer>], { type: info.type }))
        setShown({ url, fault: null, info })
      },
      (error: unknown) => here && setShown({ url: null, fault: asWords(error), info: null }),
    )
    return () => {
      here = false
      if (url !== null) URL.revokeObjectURL(url)
    }
  }, [dataset, row, side, name])
  return shown
}

export function RowPictures({ set, row }: { readonly set: string; readonly row: DatasetRecord }): ReactElement {
  const [view, setView] = useRemembered<string>('data.view', 'both')
  const input = usePicture(set, row.key, 'input', row.input)
  const output = usePicture(set, row.key, 'output', row.output)
  const pair = input?.url && output?.url ? { input: input.url, output: output.url } : null
  const chosen: View = pair && (view === 'slider' || view === 'changes') ? view : 'both'
  return (
    <section className="row-pictures" aria-label="Pictures">
      {row.input !== null && (
        <SegmentedControl
          label="How the pictures are shown"
          value={chosen}
          disabled={!pair}
          segments={[
            { value: 'both', label: 'Side by side' },
            { value: 'slider', label: 'Before / after' },
            { value: 'changes', label: 'What changed' },
          ]}
          onChange={setView}
        />
      )}
      {chosen === 'both' || !pair ? (
        <div className="row-pair">
          {row.input !== null && <Figure label="Input" name={row.input} shown={input} />}
          {row.output !== null && <Figure label="Output" name={row.output} shown={output} />}
        </div>
      ) : chosen === 'slider' ? (
        <BeforeAfter {...pair} />
      ) : (
        <Changes {...pair} />
      )}
    </section>
  )
}

function Figure({
  label,
  name,
  shown,
}: {
  readonly label: string
  readonly name: string
  readonly shown: Shown | null
}): ReactElement {
  return (
    <figure>
      <div className="row-picture">
        {shown?.url && <img src={shown.url} alt={label} draggable={false} />}
        {shown?.fault && (
          <p className="row-picture-fault">
            <Icon name="warning" />
            {shown.fault}
            <CopyDiagnostics said={shown.fault} />
          </p>
        )}
      </div>
      <figcaption title={name}>
        {label}
        {shown?.info && ` · ${shown.info.width} × ${shown.info.height} · ${size(shown.info.size)}`}
      </figcaption>
    </figure>
  )
}

interface Pair {
  readonly input: string
  readonly output: string
}

function BeforeAfter({ input, output }: Pair): ReactElement {
  const [at, setAt] = useState(50)
  return (
    <div className="row-over">
      <div className="row-picture">
        <img src={output} alt="Output" draggable={false} />
        <img
          src={input}
          alt="Input"
          draggable={false}
          className="row-before"
          style={{ clipPath: `inset(0 ${100 - at}% 0 0)` }}
        />
        <span className="row-edge" style={{ left: `${at}%` }} aria-hidden="true" />
        <input
          type="range"
          min={0}
          max={100}
          value={at}
          aria-label="Before and after"
          onChange={(event) => setAt(Number(event.target.value))}
        />
      </div>
      <p className="row-legend">
        <span>Input</span>
        <span>Output</span>
      </p>
    </div>
  )
}

function Changes({ input, output }: Pair): ReactElement {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [share, setShare] = useState<number | null>(null)
  useEffect(() => {
    let here = true
    void drawChanges(canvas.current, input, output).then((found) => here && setShare(found))
    return () => {
      here = false
    }
  }, [input, output])
  return (
    <div className="row-over">
      <div className="row-picture">
        <canvas ref={canvas} role="img" aria-label="What changed between input and output" />
      </div>
      <p className="row-legend">
        <span role="status">{share === null ? '' : changedShare(share)}</span>
      </p>
    </div>
  )
}
