/** A question about runs of the bench to the engine; its refusals name files, and a screen knows no paths. */
import { sep } from 'node:path'
import type { BenchQuestion } from '../../../shared/bench-read.ts'
import { TandemError } from '../../../shared/errors.ts'
import type { Lanes } from '../lanes.ts'
import type { ServiceOptions } from '../types.ts'

interface AskDeps {
  readonly lanes: Lanes
  readonly options: Pick<ServiceOptions, 'data'>
}

export async function askBench({ lanes, options }: AskDeps, question: BenchQuestion): Promise<unknown> {
  try {
    return await lanes.ask({ kind: 'bench-read', ask: question })
  } catch (error) {
    if (!(error instanceof TandemError)) throw error
    const plain = (text: string): string => text.replaceAll(options.data + sep, '')
    throw new TandemError(plain(error.message), plain(error.remedy), error.kind, { cause: error.cause })
  }
}
