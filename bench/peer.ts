/** A PyTorch process that runs the same model: started when PYTHON names an interpreter with torch, absent otherwise. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { resolveLayout } from '../src/engine/model/layout.ts'
import type { ModelConfig } from '../src/shared/model-config.ts'

export interface Peer {
  readonly version: string
  /** One step or forward; returns the milliseconds the peer measured around it. */
  readonly step: () => Promise<number>
  readonly close: () => Promise<void>
}

export async function openPeer(kind: 'train' | 'forward', config: ModelConfig, batch: number): Promise<Peer | null> {
  const python = process.env['PYTHON']
  if (!python) {
    console.error('PyTorch is left out: set PYTHON to an interpreter that has torch to compare.')
    return null
  }
  const layout = resolveLayout(config, 'edit')
  const outputs = layout.fields
    .filter((f) => f.name.startsWith('output'))
    .map(({ start, length, modality }) => ({ start, length, modality }))
  const spec = { kind, batch, length: layout.length, outputs, threads: availableParallelism(), config }
  const script = fileURLToPath(new URL('peers/torch_model.py', import.meta.url))
  const child = spawn(python, [script, JSON.stringify(spec)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const read = async (): Promise<string> => {
    const { value, done } = await lines.next()
    if (done) throw new Error('the PyTorch process ended early')
    return String(value)
  }
  const version = await read()
  return {
    version,
    step: async () => {
      child.stdin.write('step\n')
      return Number(await read())
    },
    close: async () => {
      child.stdin.end()
      await new Promise((resolve) => child.once('exit', resolve))
    },
  }
}
