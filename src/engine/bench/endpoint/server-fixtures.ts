/** For tests: an HTTP server that speaks the chat protocol on a real socket, and misbehaves as it is told. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

interface ChatRequest {
  model: string
  messages: { role: string; content: string | { type: string; text?: string; image_url?: { url: string } }[] }[]
  response_format?: unknown
}

export interface Asked {
  /** The key of the score that was asked for. */
  readonly key: string
  readonly text: string
  readonly pictures: number
  readonly authorization: string | undefined
  readonly body: ChatRequest
}

/** What a request is answered with where the chat protocol is not to be spoken: any status, any bytes. */
export function sayRaw(response: ServerResponse, status: number, body: string): null {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(body)
  return null
}

/** What the server does with a request: null answers nothing more than was written to `response`. */
export type Behaviour = (asked: Asked, n: number, response: ServerResponse) => string | null

export interface FakeEndpoint {
  readonly url: string
  readonly asked: Asked[]
  behave(behaviour: Behaviour): void
  close(): Promise<void>
}

/** A proper answer. */
export const scoreOf = (key: string, score: unknown = 4): string => JSON.stringify({ reason: 'as asked', [key]: score })

/** Ends a response with a status and headers, without an answer. */
export function refuse(response: ServerResponse, status: number, headers: Record<string, string> = {}): null {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify({ error: { message: `status ${status}` } }))
  return null
}

export async function openFakeEndpoint(): Promise<FakeEndpoint> {
  let behaviour: Behaviour = ({ key }) => scoreOf(key)
  const asked: Asked[] = []
  const server = createServer((request, response) => void answer(request, response))

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    if (request.url !== '/v1/chat/completions') return void refuse(response, 404)
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as ChatRequest
    const parts = body.messages.flatMap((m) =>
      typeof m.content === 'string' ? [{ type: 'text', text: m.content }] : m.content,
    )
    const text = parts.map((p) => ('text' in p ? p.text : '')).join('\n')
    const one: Asked = {
      key: /"(\w+_score)"/.exec(text)?.[1] ?? '',
      text,
      pictures: parts.filter((p) => p.type === 'image_url').length,
      authorization: request.headers.authorization,
      body,
    }
    asked.push(one)
    const content = behaviour(one, asked.length, response)
    if (content === null) return
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ model: body.model, choices: [{ message: { role: 'assistant', content } }] }))
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    behave: (next) => (behaviour = next),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
