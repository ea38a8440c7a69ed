/** A picture of a run on a small canvas of its own, with outlines around cells of its grid. */
import { useEffect, useRef, type ReactElement } from 'react'
import type { Raster } from '../../../shared/jobs.ts'
import { toImageData } from '../../canvas/raster-canvas.ts'

export interface RasterViewProps {
  readonly raster: Raster | null
  readonly grid: number
  readonly marked: ReadonlySet<number>
  /** Its accessible name. */
  readonly label: string
}

export function RasterView({ raster, grid, marked, label }: RasterViewProps): ReactElement {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const element = canvas.current
    if (!element || !raster) return
    if (element.width !== raster.width) element.width = raster.width
    if (element.height !== raster.height) element.height = raster.height
    element.getContext('2d')?.putImageData(toImageData(raster), 0, 0)
  }, [raster])
  return (
    <div className="tj-raster" role="img" aria-label={label}>
      <canvas ref={canvas} hidden={!raster} />
      {!raster && <span className="tj-hint">No picture at this step yet</span>}
      <svg viewBox={`0 0 ${grid} ${grid}`} aria-hidden="true" focusable="false">
        {[...marked].map((cell) => (
          <rect key={cell} x={cell % grid} y={Math.floor(cell / grid)} width={1} height={1} />
        ))}
      </svg>
    </div>
  )
}
