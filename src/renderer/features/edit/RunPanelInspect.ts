/**
 * Whether the loaded model knows what the box shows: the box as the model sees it is encoded and decoded once the
 * document has rested. Nothing waits for the answer.
 */
import { useEffect, useState } from 'react'
import type { Document } from '../../../shared/document.ts'
import { api } from '../../api.ts'
import { renderBox } from '../../canvas/compose.ts'
import { studio, useStudio } from '../../state/store.ts'

const REST_MS = 900

/** Plain words where the picture lies outside what the model knows; null where it is at home or not known yet. */
export function useInspection(): string | null {
  const layers = useStudio((s) => s.document?.layers)
  const box = useStudio((s) => s.document?.box)
  const task = useStudio((s) => s.document?.settings.task)
  const model = useStudio((s) => s.models.find(({ id }) => id === s.document?.settings.model) ?? null)
  const [warning, setWarning] = useState<string | null>(null)
  useEffect(() => {
    const { document } = studio.get()
    if (!document || !model || task !== 'edit' || document.layers.length === 0) return setWarning(null)
    let current = true
    const timer = setTimeout(() => {
      inspect(document, model).then(
        (words) => current && setWarning(words),
        // No answer is no warning: the run itself says what is wrong.
        () => current && setWarning(null),
      )
    }, REST_MS)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [layers, box, task, model])
  return warning
}

async function inspect(
  document: Document,
  model: { readonly id: string; readonly size: number },
): Promise<string | null> {
  const blob = await api.upload(await renderBox(document, document.box, model.size))
  return (await api.call('pictures.inspect', { blob, model: model.id })).warning
}
