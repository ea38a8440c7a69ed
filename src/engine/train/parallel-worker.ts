/** A helping thread of parallel-program.ts: computes its part of a batch whenever it is told to. */
import { parentPort, workerData } from 'node:worker_threads'
import { gradientName } from '../model/parameters.ts'
import type { Tensor } from '../runtime/session.ts'
import type { HelperData, HelperReply } from './parallel-program.ts'
import { createProgram } from './step.ts'

const { model, table, weights, gradient } = workerData as HelperData
const port = parentPort!
const reply = (message: HelperReply): void => port.postMessage(message)
const gradients = new Set(table.spans.map(({ name }) => gradientName(name)))
const program = await createProgram(model, table, 1)

port.on('message', (feeds: Readonly<Record<string, Tensor>>) => {
  program.step(feeds, weights, gradient).then(
    (results) => {
      // Gradients are in shared memory already.
      const own = Object.entries(results).filter(([name]) => !gradients.has(name))
      reply({ results: Object.fromEntries(own) })
    },
    (error: unknown) => reply({ error: error instanceof Error ? error.message : String(error) }),
  )
})
reply({ ready: true })
