/** The judge of a studio's job as the engine takes it, after the host was agreed to. */
import type { BenchJudge } from '../../../shared/bench.ts'
import { TandemError } from '../../../shared/errors.ts'
import type { StudioJudge } from '../../../shared/studio-bench.ts'

export function engineJudge(judge: StudioJudge): BenchJudge {
  if (judge.kind === 'exact') return judge
  const { keyed: _keyed, agreed: _agreed, ...rest } = judge
  return rest
}

/** Refuses to send anything to a host the person was not shown. */
export function checkAgreed(judge: StudioJudge): void {
  if (judge.kind === 'exact') return
  const host = URL.parse(judge.url)?.host
  if (host !== judge.agreed)
    throw new TandemError(
      `Nothing was agreed to for ${host ?? 'that address'}.`,
      'Look at what would be sent, and start the run from there.',
    )
}
