/** What should change, in words: task, instruction, examples, and how many of the model's words it takes. */
import { useEffect, useRef, useState, type ReactElement } from 'react'
import { MAX_INSTRUCTION, type RunSettings } from '../../../shared/studio.ts'
import { api } from '../../api.ts'
import { startBatch } from '../../state/runs.ts'
import { setSettings } from '../../state/documents.ts'
import { useStudio } from '../../state/store.ts'
import { Menu } from '../../ui/Menu.tsx'
import { SegmentedControl } from '../../ui/choices.tsx'
import { TextArea } from '../../ui/Field.tsx'
import { examplesFor } from './RunPanelExamples.ts'

const COUNT_AFTER_MS = 350

export function RunInstruction({ settings }: { readonly settings: RunSettings }): ReactElement {
  const { task, instruction } = settings
  const storybook = useStudio((s) => s.models.find(({ id }) => id === settings.model)?.storybook ?? false)
  const layers = useStudio((s) => s.document?.layers)
  /** Characters of the last change that there was no room for. */
  const [cut, setCut] = useState(0)
  const isCut = cut > 0 && instruction.length === MAX_INSTRUCTION
  const examples = storybook ? examplesFor(task, layers?.map(({ name }) => name) ?? []) : []
  return (
    <>
      <SegmentedControl
        label="Task"
        value={task}
        segments={[
          { value: 'edit', label: 'Edit the picture', hint: 'The model sees the generation box and changes it.' },
          { value: 'generate', label: 'Generate', hint: 'A new picture from the words alone.' },
        ]}
        onChange={(next) => setSettings({ task: next })}
      />
      <div className="run-instruction">
        <TextArea
          bare
          fieldId="instruction"
          data-undo="document"
          label="Instruction"
          placeholder={task === 'edit' ? 'What should change? For example: remove the cat' : 'What should be drawn?'}
          value={instruction}
          onChange={(text) => {
            setCut(Math.max(0, text.length - MAX_INSTRUCTION))
            setSettings({ instruction: text.slice(0, MAX_INSTRUCTION) })
          }}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || (!event.ctrlKey && !event.metaKey) || event.shiftKey) return
            event.preventDefault()
            event.stopPropagation()
            void startBatch()
          }}
        />
        <div className="run-instruction-foot">
          {isCut ? <Cut by={cut} /> : <Cost settings={settings} />}
          {examples.length > 0 && <Examples texts={examples} />}
        </div>
      </div>
    </>
  )
}

const Cut = ({ by }: { readonly by: number }): ReactElement => (
  <span className="run-cost run-cost-over" role="alert">
    {`An instruction takes ${MAX_INSTRUCTION.toLocaleString('en')} characters: the last ${by.toLocaleString('en')} were left out.`}
  </span>
)

function Examples({ texts }: { readonly texts: readonly string[] }): ReactElement {
  const anchor = useRef<HTMLButtonElement>(null)
  const [open, setOpen] = useState(false)
  return (
    <>
      <button
        ref={anchor}
        type="button"
        className="run-link"
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        Examples
      </button>
      {open && (
        <Menu
          anchor={anchor}
          label="Examples"
          align="end"
          items={texts.map((text) => ({ label: text, onSelect: () => setSettings({ instruction: text }) }))}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  )
}

/** How much of the model's room the instruction takes; said aloud only where it does not fit. */
function Cost({ settings }: { readonly settings: RunSettings }): ReactElement {
  const { instruction, model } = settings
  const room = useStudio((s) => s.models.find(({ id }) => id === model)?.instructionLength ?? null)
  const [count, setCount] = useState<number | null>(null)
  useEffect(() => {
    const text = instruction.trim()
    if (text === '' || text.length > 2000 || room === null) return setCount(null)
    let current = true
    const timer = setTimeout(() => {
      api.call('models.tokens', { model, text }).then(
        ({ ids }) => current && setCount(ids.length),
        // Only a count is missing then; the run itself says what is wrong.
        () => current && setCount(null),
      )
    }, COUNT_AFTER_MS)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [instruction, model, room])
  if (count === null || room === null) return <span className="run-cost" />
  const over = count > room
  return (
    <span className={over ? 'run-cost run-cost-over' : 'run-cost'} role={over ? 'alert' : undefined}>
      {over ? `${count} tokens: the model reads the first ${room} only.` : `${count} of ${room} tokens`}
    </span>
  )
}
