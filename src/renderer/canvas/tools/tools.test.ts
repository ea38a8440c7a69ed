import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyCommand, documentCommandSchema } from '../../../shared/document.ts'
import { apply, matrixOf } from '../geometry.ts'
import { tools, toolOf } from './index.ts'
import { drag, pointer, recordingContext, testDocument, testLayer } from './testing.ts'
import { toolIds, type ToolContext } from './types.ts'

const armed = {
  kind: 'sprite' as const,
  name: 'cat',
  picture: { blob: 'a'.repeat(64), width: 32, height: 32 },
  cells: 4,
}
const path = fc.array(fc.tuple(fc.integer({ min: -40, max: 170 }), fc.integer({ min: -40, max: 170 })), {
  minLength: 1,
  maxLength: 12,
})

describe('every tool', () => {
  test('is in the toolbar once, with a key of its own', () => {
    expect(tools.map((tool) => tool.id).sort()).toEqual([...toolIds].sort())
    expect(new Set(tools.map((tool) => tool.shortcut)).size).toBe(tools.length)
  })

  test('asks for at most one command a gesture, and one that the document takes', () => {
    fc.assert(
      fc.property(fc.constantFrom(...toolIds), path, fc.boolean(), fc.boolean(), (id, points, shift, alt) => {
        const base = recordingContext()
        const { context, commands } = recordingContext({ options: { ...base.context.options, armed } })
        drag(toolOf(id), context, points, { shift, alt })
        expect(commands.length).toBeLessThanOrEqual(1)
        for (const command of commands) {
          documentCommandSchema.parse(command)
          expect(applyCommand(context.document, command)).not.toBe(context.document)
        }
      }),
    )
  })

  test('leaves no command when a gesture is given up', () => {
    for (const tool of tools) {
      const { context, commands } = recordingContext()
      const gesture = tool.begin(context, pointer(20, 20))
      gesture?.move(pointer(60, 70))
      gesture?.cancel()
      expect(commands).toEqual([])
    }
  })
})

describe('the brush', () => {
  const brush = toolOf('brush')

  test('paints in the pixels of a turned and scaled layer, as large as it looks', () => {
    const transform = { x: 10, y: 5, scaleX: 2, scaleY: 2, rotation: 90 }
    const document = testDocument({ layers: [testLayer('one', { transform })] })
    const { context, commands } = recordingContext({ document })
    drag(brush, context, [
      [20, 20],
      [60, 20],
    ])
    const [command] = commands
    if (command?.type !== 'addMark' || command.mark.kind !== 'stroke') throw new Error('no stroke')
    expect(command.mark.size).toBeCloseTo(5)
    const back = apply(matrixOf(transform), { x: command.mark.points[0]!, y: command.mark.points[1]! })
    expect(back.x).toBeCloseTo(20)
    expect(back.y).toBeCloseTo(20)
  })

  test('makes a layer where there is none, with the stroke in it', () => {
    const { context, commands } = recordingContext({ document: testDocument({ layers: [], activeLayer: null }) })
    drag(brush, context, [
      [1, 1],
      [9, 9],
    ])
    expect(commands).toMatchObject([{ type: 'addLayer', value: { name: 'Layer 1', marks: [{ kind: 'stroke' }] } }])
  })

  test('says why nothing happens on a hidden layer', () => {
    const document = testDocument({ layers: [testLayer('one', { visible: false })] })
    const { context, commands, said } = recordingContext({ document })
    drag(brush, context, [[1, 1]])
    expect(commands).toEqual([])
    expect(said[0]).toContain('hidden')
  })

  test('goes straight on from the last stroke with Shift', () => {
    const { context, commands } = recordingContext()
    drag(brush, context, [
      [5, 5],
      [10, 10],
    ])
    drag(brush, context, [[50, 10]], { shift: true })
    expect(commands[1]).toMatchObject({ mark: { points: [10, 10, 50, 10] } })
  })

  test('shows the stroke while it is drawn', () => {
    const { context, draft } = recordingContext()
    const gesture = brush.begin(context, pointer(1, 1))
    gesture?.move(pointer(30, 1))
    expect(draft().stroke).toMatchObject({ points: [1, 1, 30, 1], colour: '#112233', erase: false })
  })

  test('takes a colour with Alt instead', () => {
    const picked: string[] = []
    const { context, commands } = recordingContext({ pick: (colour) => picked.push(colour) })
    drag(brush, context, [[4, 4]], { alt: true })
    expect(picked).toEqual(['#abcdef'])
    expect(commands).toEqual([])
  })
})

describe('mask tools', () => {
  test('add, and take away with Alt', () => {
    for (const [id, alt, erase] of [
      ['mask-brush', false, false],
      ['mask-brush', true, true],
      ['mask-eraser', false, true],
      ['mask-rectangle', false, false],
      ['mask-lasso', true, true],
    ] as const) {
      const { context, commands } = recordingContext()
      drag(
        toolOf(id),
        context,
        [
          [10, 10],
          [40, 12],
          [30, 50],
        ],
        { alt },
      )
      expect(commands, id).toMatchObject([{ type: 'addMaskMark', mark: { erase } }])
    }
  })

  test('make no mark of an area that is none', () => {
    const { context, commands } = recordingContext()
    drag(toolOf('mask-rectangle'), context, [
      [10, 10],
      [10, 40],
    ])
    expect(commands).toEqual([])
  })

  test('mask a cell by keys', () => {
    const { context, commands } = recordingContext({ cellCursor: 9 })
    toolOf('mask-rectangle').key?.(context, { key: 'Enter', shift: false, alt: false, ctrl: false })
    expect(commands).toMatchObject([{ mark: { kind: 'area', points: [16, 16, 32, 16, 32, 32, 16, 32] } }])
  })
})

describe('keys on the cells of the box', () => {
  test('walk them and stop at the edge', () => {
    let at: number | null = null
    const press = (key: string): void => {
      const { context } = recordingContext({
        cellCursor: at,
        setCellCursor: (cell) => {
          at = cell
        },
      })
      toolOf('remask').key?.(context, { key, shift: false, alt: false, ctrl: false })
    }
    for (const key of ['ArrowLeft', 'ArrowLeft', 'ArrowDown', 'ArrowRight', 'ArrowUp', 'ArrowUp']) press(key)
    expect(at).toBe(1)
  })

  test('turn a cell of the re-mask brush on and off', () => {
    const seen: number[][] = []
    const press = (remask: ReadonlySet<number>): void => {
      const { context } = recordingContext({
        cellCursor: 5,
        remask,
        setRemask: (cells) => seen.push([...cells]),
      })
      toolOf('remask').key?.(context, { key: 'Enter', shift: false, alt: false, ctrl: false })
    }
    press(new Set([1]))
    press(new Set([1, 5]))
    expect(seen).toEqual([[1, 5], [1]])
  })
})

test('a selection is what was dragged, and goes with a click', () => {
  const { context, selection } = recordingContext()
  const tool = toolOf('select-rectangle')
  drag(tool, context, [
    [10, 10],
    [30.4, 20.6],
  ])
  expect(selection()).toEqual([10, 10, 30, 10, 30, 21, 10, 21])
  drag(tool, context, [[100, 100]])
  expect(selection()).toBeNull()
})

test('dragging inside a selection moves it by whole pixels', () => {
  const moves: number[][] = []
  let dropped = 0
  const lift: ToolContext['lift'] = () => ({
    to: (dx, dy) => moves.push([dx, dy]),
    drop: () => dropped++,
    cancel: () => undefined,
  })
  const { context } = recordingContext({ selection: [0, 0, 50, 0, 50, 50, 0, 50], lift })
  drag(toolOf('select-rectangle'), context, [
    [20, 20],
    [25.6, 18.2],
  ])
  expect(moves.at(-1)).toEqual([6, -2])
  expect(dropped).toBe(1)
})

test('the move tool moves the layer, with Shift along one axis', () => {
  const { context, commands } = recordingContext()
  drag(toolOf('move'), context, [
    [10, 10],
    [30, 14],
  ])
  drag(
    toolOf('move'),
    context,
    [
      [10, 10],
      [30, 14],
    ],
    { shift: true },
  )
  expect(commands).toMatchObject([{ transform: { x: 20, y: 4 } }, { transform: { x: 20, y: 0 } }])
})

test('a sprite goes into the cell of the scene it is dropped on', () => {
  const base = recordingContext()
  const { context, commands } = recordingContext({ options: { ...base.context.options, armed } })
  drag(toolOf('sprite'), context, [[70, 40]])
  expect(commands).toMatchObject([
    { type: 'addLayer', value: { name: 'cat', marks: [{ x: 64, y: 32, width: 32, height: 32 }] } },
  ])
})
