/**
 * What judging will ask for and cost, said before anything is sent: about, with each question asked once, and at the very
 * most. Cached answers cost nothing; requests of a run that is killed in the middle of them are not in it.
 */
import type { Asking, BenchEstimate } from '../../../shared/bench.ts'
import { ANSWER_TOKENS, TRIES_WHEN_TOLD } from './client.ts'
import { applicable, REPAIRS } from './judge.ts'
import { ANSWER_KEPT, askAbout, askAgain, questions, type Material, type Message } from './prompts.ts'

/** Rough and on the high side: English text, and the 128 px picture as one 512 px tile of the usual counting. */
const CHARACTERS_PER_TOKEN = 3.5
const TOKENS_PER_PICTURE = 255
const TOKENS_PER_ANSWER = 50
/** A trace as long as the world's median. */
const TYPICAL_REASONING = 'the cat is at b3 . left of b3 is b2 . now b2 has the cat . now b3 is empty .'
/** The longest answer that is sent back, and a problem with it, to be asked again. */
const LONG_ANSWER = 'x'.repeat(ANSWER_KEPT)
const LONG_PROBLEM = 'x'.repeat(90)

export interface Case {
  readonly task: Material['task']
  readonly instruction: string
}

export interface Priced {
  readonly host: string
  readonly model: string
  readonly concurrency: number
  /** USD a million tokens. */
  readonly prices?: { readonly input: number; readonly output: number } | undefined
}

/** `cases`: one entry an answer to be judged. `thinks`: the mode has reasoning. */
export function estimateCost(cases: readonly Case[], thinks: boolean, judge: Priced): BenchEstimate {
  const picture = new Uint8Array(0)
  let requests = 0
  let input = 0
  let again = 0
  let largest = 0
  for (const { task, instruction } of cases) {
    const material = {
      task,
      instruction,
      reasoning: TYPICAL_REASONING,
      input: task === 'edit' ? picture : null,
      output: picture,
    }
    for (const dimension of applicable(task, thinks)) {
      const first = askAbout(dimension, material)
      const own = tokensOf(first)
      requests++
      input += own
      again += tokensOf(askAgain(first, LONG_ANSWER, LONG_PROBLEM, questions[dimension].key))
      largest = Math.max(largest, own)
    }
  }
  const priced = (asked: number, sent: number, answered: number): Asking => ({
    requests: asked,
    input_tokens: Math.round(sent),
    output_tokens: answered,
    usd: judge.prices ? Number(((sent * judge.prices.input + answered * judge.prices.output) / 1e6).toFixed(4)) : null,
  })
  // An endpoint that does not know response_format is asked once more by everyone who is asking when it says so.
  const plain = requests === 0 ? 0 : judge.concurrency
  const most = requests * (1 + REPAIRS) * TRIES_WHEN_TOLD
  return {
    host: judge.host,
    model: judge.model,
    ...priced(requests, input, requests * TOKENS_PER_ANSWER),
    most: priced(
      most + plain,
      TRIES_WHEN_TOLD * (input + REPAIRS * again) + plain * largest,
      (most + plain) * ANSWER_TOKENS,
    ),
  }
}

function tokensOf(messages: readonly Message[]): number {
  let tokens = 0
  for (const { content } of messages) {
    const parts = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content
    for (const part of parts)
      tokens += part.type === 'text' ? part.text.length / CHARACTERS_PER_TOKEN : TOKENS_PER_PICTURE
  }
  return tokens
}

/** Several runs judged by one judge, as one; at least one. */
export function sumEstimates(estimates: readonly BenchEstimate[]): BenchEstimate {
  const sum = (of: readonly Asking[]): Asking => ({
    requests: of.reduce((total, one) => total + one.requests, 0),
    input_tokens: of.reduce((total, one) => total + one.input_tokens, 0),
    output_tokens: of.reduce((total, one) => total + one.output_tokens, 0),
    usd: of.some(({ usd }) => usd === null)
      ? null
      : Number(of.reduce((total, one) => total + (one.usd ?? 0), 0).toFixed(4)),
  })
  const { host, model } = estimates[0]!
  return { host, model, ...sum(estimates), most: sum(estimates.map(({ most }) => most)) }
}

/** For a person: who is asked, what is sent, what it may cost. */
export function describeEstimate({ host, model, most, ...about }: BenchEstimate): string {
  const count = (n: number): string => (n >= 1e6 ? `${(n / 1e6).toFixed(1)} M` : `${Math.ceil(n / 1000)} k`)
  const tokens = ({ input_tokens, output_tokens }: Asking): string =>
    `${count(input_tokens)} tokens in and ${count(output_tokens)} out`
  const cost = ({ usd }: Asking): string => (usd === null ? '' : `, ${usd.toFixed(2)} USD`)
  return [
    `${host} (${model}) will be sent instructions, reasoning and pictures of the prompts:`,
    `about ${about.requests} requests without repeats, ${tokens(about)}${cost(about)}.`,
    `The most, if every answer had to be asked for ${1 + REPAIRS} times, every request sent ${TRIES_WHEN_TOLD} times and all of it paid:`,
    `${most.requests} requests, ${tokens(most)}${cost(most)}.`,
    ...(about.usd === null ? ['Give --price-in and --price-out for the cost.'] : []),
  ].join(' ')
}
