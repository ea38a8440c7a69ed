/** What judging will ask for and cost, said before anything is sent. An upper bound: cached answers cost nothing. */
import type { BenchEstimate } from '../../../shared/bench.ts'
import { askAbout, type Material } from './prompts.ts'
import { applicable } from './judge.ts'

/** Rough and on the high side: English text, and the 128 px picture as one 512 px tile of the usual counting. */
const CHARACTERS_PER_TOKEN = 3.5
const TOKENS_PER_PICTURE = 255
const TOKENS_PER_ANSWER = 50
/** A trace as long as the world's median. */
const TYPICAL_REASONING = 'the cat is at b3 . left of b3 is b2 . now b2 has the cat . now b3 is empty .'

export interface Case {
  readonly task: Material['task']
  readonly instruction: string
}

/** `cases`: one entry an answer to be judged. */
export function estimateCost(
  cases: readonly Case[],
  thinks: boolean,
  judge: {
    readonly host: string
    readonly model: string
    readonly prices?: { input: number; output: number } | undefined
  },
): BenchEstimate {
  const picture = new Uint8Array(0)
  let requests = 0
  let input = 0
  for (const { task, instruction } of cases) {
    const material = {
      task,
      instruction,
      reasoning: TYPICAL_REASONING,
      input: task === 'edit' ? picture : null,
      output: picture,
    }
    for (const dimension of applicable(task, thinks)) {
      requests++
      for (const { content } of askAbout(dimension, material)) {
        const parts = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content
        for (const part of parts)
          input += part.type === 'text' ? part.text.length / CHARACTERS_PER_TOKEN : TOKENS_PER_PICTURE
      }
    }
  }
  const output = requests * TOKENS_PER_ANSWER
  const { prices } = judge
  return {
    host: judge.host,
    model: judge.model,
    requests,
    input_tokens: Math.round(input),
    output_tokens: output,
    usd: prices ? Number(((input * prices.input + output * prices.output) / 1e6).toFixed(4)) : null,
  }
}

/** One line for a person: who is asked, what is sent, what it may cost. */
export function describeEstimate({ host, model, requests, input_tokens, output_tokens, usd }: BenchEstimate): string {
  const tokens = (n: number): string => (n >= 1e6 ? `${(n / 1e6).toFixed(1)} M` : `${Math.ceil(n / 1000)} k`)
  const cost = usd === null ? 'give --price-in and --price-out for the cost' : `about ${usd.toFixed(2)} USD`
  return `${host} (${model}) will be sent instructions, reasoning and pictures of the prompts: at most ${requests} requests, about ${tokens(input_tokens)} tokens in and ${tokens(output_tokens)} out; ${cost}.`
}
