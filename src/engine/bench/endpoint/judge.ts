/**
 * A vision model as judge: six questions an answer (five for a generation, three where the model did not think), each
 * 1 to 5, reported as 0..100. An answer whose questions were not all answered properly is unjudged, with the reason:
 * no score is ever made up. What was answered is in the cache, so another try asks for the rest alone.
 */
import { dimensionNames, type Dimension, type DimensionReason, type DimensionScores } from '../../../shared/bench.ts'
import type { CachedScore, ScoreCache } from './cache.ts'
import { EndpointFailure, type Client } from './client.ts'
import { askAbout, askAgain, promptVersion, questions, type Material, type Message } from './prompts.ts'
import { readReply, toHundred } from './reply.ts'

/** How often an answer that cannot be read is asked for again. */
export const REPAIRS = 2

/** How a judge is named in records and reports. */
export const judgeIdentity = (model: string, host: string): string => `${model} at ${host}, prompts ${promptVersion}`

const needsReasoning = (dimension: Dimension): boolean => questions[dimension].sees.includes('reasoning')

/** The dimensions that apply; without thinking, text is not judged. */
export function applicable(task: Material['task'], thinks: boolean): Dimension[] {
  return dimensionNames.filter(
    (name) => (task === 'edit' || name !== 'image_consistency') && (thinks || !needsReasoning(name)),
  )
}

export type EndpointVerdict =
  | {
      readonly scores: DimensionScores
      /** At least one for each score below 100. */
      readonly reasons: DimensionReason[]
      /** Scores for which the endpoint did not say which model gave them. */
      readonly unnamed: number
    }
  | { readonly unjudged: string; readonly fatal: boolean }

/** Marks one answer. `thinks`: the mode has reasoning, whether or not any came. Throws only when it is stopped. */
export async function judgeAtEndpoint(
  client: Client,
  cache: ScoreCache,
  material: Material,
  thinks: boolean,
): Promise<EndpointVerdict> {
  const scores: DimensionScores = {
    text_quality: null,
    text_alignment: null,
    image_consistency: null,
    image_alignment: null,
    image_quality: null,
    output_alignment: null,
  }
  const reasons: DimensionReason[] = []
  let unnamed = 0
  for (const dimension of applicable(material.task, thinks)) {
    if (needsReasoning(dimension) && material.reasoning.trim() === '') {
      // By definition, as for the exact judge: nothing was said.
      scores[dimension] = 0
      reasons.push({ dimension, why: 'Nothing was said.' })
      continue
    }
    try {
      const first = askAbout(dimension, material)
      const answer = await cache.score(first, () => ask(client, dimension, first))
      const why = answer.reason.trim()
      scores[dimension] = toHundred(answer.score)
      if (why !== '') reasons.push({ dimension, why })
      else if (answer.score < 5) reasons.push({ dimension, why: 'The endpoint gave no reason.' })
      if (answer.unnamed) unnamed++
    } catch (error) {
      if (!(error instanceof EndpointFailure)) throw error
      return { unjudged: `${dimension}: ${error.message}.`, fatal: error.fatal }
    }
  }
  return { scores, reasons, unnamed }
}

async function ask(client: Client, dimension: Dimension, first: readonly Message[]): Promise<CachedScore> {
  const { key } = questions[dimension]
  let messages = first
  for (let repair = 0; ; repair++) {
    const { text, named } = await client.complete(messages, key)
    const reply = readReply(text, key)
    if ('score' in reply) return named ? reply : { ...reply, unnamed: true }
    if (repair >= REPAIRS) throw new EndpointFailure(`the answer could not be used: ${reply.problem}`)
    messages = askAgain(first, text, reply.problem, key)
  }
}
