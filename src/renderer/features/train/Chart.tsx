/**
 * One chart: lines over steps or time, with the values under the pointer, a zoom by dragging that all charts share, and
 * the same by keyboard (arrows walk, + and - zoom, 0 shows all). Drawn by uPlot; colours are the theme's.
 */
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactElement } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { duration } from '../../state/runs-words.ts'
import { align, valueAt, type Line, type Unit, type XAxis } from './curves.ts'
import { useThemeName } from '../../ui/use-theme.ts'
import { bytes, count, figure } from './words.ts'

export type Zoom = readonly [number, number] | null

export interface ChartProps {
  readonly id: string
  readonly title: string
  readonly hint: string
  readonly unit: Unit
  readonly lines: readonly Line[]
  readonly axis: XAxis
  readonly log: boolean
  readonly zoom: Zoom
  readonly onZoom: (zoom: Zoom) => void
}

const HEIGHT = 176
/** Colours there are for runs over each other. */
export const RUN_COLOURS = 6
const SYNC = 'train'

const format = (value: number | null, unit: Unit): string =>
  value === null ? '–' : unit === 'bytes' ? bytes(value) : figure(value)

export const colourName = (run: number): string => `--series-${(run % RUN_COLOURS) + 1}`

export function Chart(props: ChartProps): ReactElement {
  const { id, title, hint, unit, lines, axis, log, zoom, onZoom } = props
  const host = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const theme = useThemeName()
  const [pointed, setPointed] = useState<number | null>(null)
  const aligned = useMemo(() => align(lines), [lines])
  // What the plot is made of; new values alone are given to the one that is there.
  const shape = JSON.stringify([lines.map(({ label, run, style }) => [label, run, style]), axis, log, theme, unit])
  const latest = useRef({ aligned, zoom, onZoom, lines })
  useEffect(() => {
    latest.current = { aligned, zoom, onZoom, lines }
  })

  useEffect(() => {
    const element = host.current
    if (!element) return
    const made = new uPlot(
      {
        ...plotOptions(element, latest.current.lines, axis, log, unit),
        width: Math.max(80, element.clientWidth),
        height: HEIGHT,
        hooks: {
          setCursor: [(u) => setPointed(u.cursor.idx ?? null)],
          setSelect: [
            (u) => {
              if (u.select.width < 4) return
              latest.current.onZoom([u.posToVal(u.select.left, 'x'), u.posToVal(u.select.left + u.select.width, 'x')])
              u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
            },
          ],
        },
      },
      dataOf(latest.current.aligned),
      element,
    )
    plot.current = made
    // Its own answer to a double click is a zoom of this chart alone.
    made.over.addEventListener('dblclick', () => latest.current.onZoom(null))
    apply(made, latest.current.zoom)
    const size = new ResizeObserver(() => made.setSize({ width: Math.max(80, element.clientWidth), height: HEIGHT }))
    size.observe(element)
    return () => {
      size.disconnect()
      made.destroy()
      plot.current = null
    }
  }, [shape, axis, log, unit])

  useEffect(() => {
    plot.current?.setData(dataOf(aligned), false)
    if (plot.current) apply(plot.current, zoom)
  }, [aligned, zoom])

  const index = pointed ?? aligned.x.length - 1
  const place = aligned.x[index]
  const onKeyDown = (event: KeyboardEvent): void => {
    const handled = onChartKey(event.key, plot.current, aligned.x, zoom, onZoom)
    if (handled) event.preventDefault()
  }
  const shown = lines
    .map((line, i) => ({ line, value: valueAt(aligned.ys[i] ?? [], index) }))
    .filter(({ line }) => line.style !== 'pale')
    .sort((a, b) => a.line.run - b.line.run)
  const where = place === undefined ? '' : axis === 'step' ? `step ${count(Math.round(place))}` : duration(place * 1000)
  const spoken = shown.map(({ line, value }) => `${line.label} ${format(value, unit)}`).join(', ')
  return (
    <section className="chart" aria-label={title} data-chart={id}>
      <header className="chart-head">
        <h3>{title}</h3>
        <span className="chart-hint">{hint}</span>
        <span className="chart-place">{where}</span>
      </header>
      <ul className="chart-legend">
        {shown.map(({ line, value }) => (
          <li key={line.label} title={line.label}>
            <span
              className={`chart-key chart-key-${line.style}`}
              style={{ color: `var(${colourName(line.run)})` }}
              aria-hidden="true"
            />
            <span className="chart-label">{line.short}</span>
            <span className="chart-value">{format(value, unit)}</span>
          </li>
        ))}
      </ul>
      <div
        className="chart-plot"
        ref={host}
        tabIndex={0}
        role="img"
        aria-label={
          aligned.x.length === 0
            ? `${title}: nothing yet`
            : `${title} at ${where}: ${spoken}. ${count(aligned.x.length)} points.`
        }
        onKeyDown={onKeyDown}
      />
    </section>
  )
}

const dataOf = ({ x, ys }: ReturnType<typeof align>): uPlot.AlignedData => [x, ...ys] as uPlot.AlignedData

function apply(plot: uPlot, zoom: Zoom): void {
  const x = plot.data[0]
  const all: readonly [number, number] = [x[0] ?? 0, x.at(-1) ?? 1]
  const [min, max] = zoom ?? all
  plot.batch(() => {
    plot.setScale('x', min === max ? { min: min - 1, max: max + 1 } : { min, max })
  })
}

/** Arrows walk along the points, + and - zoom around the place, 0 shows all. */
function onChartKey(
  key: string,
  plot: uPlot | null,
  x: readonly number[],
  zoom: Zoom,
  onZoom: (zoom: Zoom) => void,
): boolean {
  if (!plot || x.length === 0) return false
  const at = plot.cursor.idx ?? x.length - 1
  const walk = (to: number): boolean => {
    const index = Math.min(x.length - 1, Math.max(0, to))
    plot.setCursor({ left: plot.valToPos(x[index]!, 'x'), top: plot.cursor.top ?? 10 })
    return true
  }
  const [low, high] = zoom ?? [x[0]!, x.at(-1)!]
  const scale = (by: number): boolean => {
    const centre = Math.min(high, Math.max(low, x[at] ?? high))
    const next: [number, number] = [centre - (centre - low) * by, centre + (high - centre) * by]
    onZoom(next[0] <= x[0]! && next[1] >= x.at(-1)! ? null : next)
    return true
  }
  switch (key) {
    case 'ArrowLeft':
      return walk(at - 1)
    case 'ArrowRight':
      return walk(at + 1)
    case 'PageUp':
      return walk(at - 10)
    case 'PageDown':
      return walk(at + 10)
    case 'Home':
      return walk(0)
    case 'End':
      return walk(x.length - 1)
    case '+':
    case '=':
      return scale(0.5)
    case '-':
      return scale(2)
    case '0':
      onZoom(null)
      return true
    default:
      return false
  }
}

function plotOptions(
  element: HTMLElement,
  lines: readonly Line[],
  axis: XAxis,
  log: boolean,
  unit: Unit,
): Pick<uPlot.Options, 'series' | 'axes' | 'scales' | 'cursor' | 'legend' | 'padding'> {
  const style = getComputedStyle(element)
  const token = (name: string): string => style.getPropertyValue(name).trim()
  const font = `11px ${token('--font')}`
  const common = {
    stroke: token('--ink-3'),
    font,
    grid: { stroke: token('--line'), width: 1 },
    ticks: { show: false },
    border: { show: false },
  }
  return {
    legend: { show: false },
    padding: [8, 16, 0, 0],
    cursor: {
      sync: { key: SYNC, setSeries: false },
      drag: { x: true, y: false, setScale: false },
      points: { size: 6 },
      y: false,
    },
    scales: { x: { time: false, auto: false }, y: log ? { distr: 3 } : { range: spacious } },
    axes: [
      { ...common, size: 24, gap: 6, space: 64, values: (_, ticks) => ticks.map((tick) => xWords(tick, axis)) },
      {
        ...common,
        size: 44,
        gap: 4,
        space: 28,
        values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : format(tick, unit))),
      },
    ],
    series: [
      {},
      ...lines.map((line): uPlot.Series => {
        const colour = token(colourName(line.run))
        const pale = line.style === 'pale'
        return {
          label: line.label,
          stroke: pale ? `color-mix(in srgb, ${colour} 26%, transparent)` : colour,
          width: pale ? 1 : 1.5,
          ...(line.style === 'dots' ? { dash: [5, 3] } : {}),
          points: { show: line.style === 'dots', size: 5, fill: colour, stroke: colour, width: 0 },
          // Lines of other spacing stand on the same x: what they do not have is no gap.
          spanGaps: true,
        }
      }),
    ],
  }
}

const xWords = (value: number, axis: XAxis): string => (axis === 'step' ? count(value) : duration(value * 1000))

/** A little room above and below, and some for a flat line. */
function spacious(_: uPlot, low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, 1]
  const room = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1
  return [low >= 0 ? Math.max(0, low - room) : low - room, high + room]
}
