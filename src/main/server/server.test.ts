/** The browser host over real sockets: who is let in, who is not, and what each is told. */
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { decodeWire, encodeWire } from '../../shared/wire.ts'
import { listFolder, memoryService, type MemoryService } from '../service-host/testing.ts'
import { hostNames } from './guard.ts'
import { checkExposure, startServer, type RunningServer } from './server.ts'

let data: string
let service: MemoryService
let server: RunningServer

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'tandem-server-'))
  const screens = join(data, 'screens')
  await mkdir(screens)
  await writeFile(join(screens, 'index.html'), '<!doctype html><title>studio</title>')
  service = await memoryService({ data })
  server = await startServer({
    service,
    screens,
    host: '127.0.0.1',
    port: 0,
    tls: null,
    insecure: false,
    uploadLimit: 2 ** 20,
  })
})
afterEach(async () => {
  await server.close()
  await rm(data, { recursive: true, force: true })
})

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A request as any program can write it: Host and all. */
function ask(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: Buffer } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body } = options
    const sent = httpRequest(
      { host: '127.0.0.1', port: server.port, path, method, headers, agent: false },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (chunk: string) => (text += chunk))
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }))
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

const path = (link: string): string => link.slice(link.indexOf('/', 8))
const origin = (): string => `http://127.0.0.1:${server.port}`

async function enter(): Promise<string> {
  const { headers } = await ask(path(server.link()))
  return headers['set-cookie']![0]!.split(';')[0]!
}

describe('a link', () => {
  it('is exchanged once, for a cookie that scripts and other sites have no use of, at a clean address', async () => {
    const link = server.link()
    const first = await ask(path(link))
    expect(first).toMatchObject({ status: 303, headers: { location: '/' } })
    expect(first.headers['set-cookie']![0]).toMatch(/^tandem-\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
    const again = await ask(path(link))
    expect(again.status).toBe(403)
    expect(again.body).toContain('was used already')
    expect(again.headers).not.toHaveProperty('set-cookie')
  })

  it('that is used by who is in already just leads on', async () => {
    const link = server.link()
    const cookie = await enter()
    expect(await ask(path(link), { headers: { cookie } })).toMatchObject({ status: 303 })
  })

  it('is void when a newer one is printed, and a wrong one is no link', async () => {
    const old = server.link()
    server.link()
    expect((await ask(path(old))).body).toContain('not valid')
    expect((await ask('/?token=x')).body).toContain('not valid')
  })

  it('followed from another site still opens the studio: the page goes on by itself', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
    const answer = await ask(path(server.link()), { headers })
    expect(answer.status).toBe(200)
    expect(answer.body).toContain('http-equiv="refresh"')
    expect(answer.headers['set-cookie']).toHaveLength(1)
  })
})

describe('without a session', () => {
  it.each(['/', '/index.html', '/assets/x.js', `/blob/${'a'.repeat(64)}`, '/socket'])('%s is closed', async (at) => {
    expect((await ask(at)).status).toBe(401)
  })

  it('the front door says what to do', async () => {
    expect((await ask('/')).body).toContain('tandem serve')
  })

  it('a browser of an earlier start reads why it is not known any more, and what to do', async () => {
    const cookie = (await enter()).replace(/=.*/, '=a-session-of-yesterday')
    const { status, body } = await ask('/', { headers: { cookie } })
    expect(status).toBe(401)
    expect(body).toContain('started anew')
    expect(body).toContain('new link')
    expect((await ask('/door.css')).headers['content-type']).toContain('text/css')
  })

  it('an upload is closed and leaves nothing', async () => {
    const headers = { origin: origin() }
    expect(await ask('/blob', { method: 'POST', headers, body: Buffer.alloc(10) })).toMatchObject({ status: 401 })
    expect(await listFolder(join(data, 'blobs'))).toEqual([])
  })
})

describe('with a session', () => {
  it('the screens come with their policy', async () => {
    const answer = await ask('/', { headers: { cookie: await enter() } })
    expect(answer.body).toContain('studio')
    expect(answer.headers).toMatchObject({
      'content-security-policy': expect.stringContaining("script-src 'self'") as string,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
  })

  it.each<[string, Record<string, string>]>([
    ['a Host that was rebound to this machine', { host: 'evil.example' }],
    ['a Host with another port', { host: '127.0.0.1:1' }],
    ['another Origin', { origin: 'http://evil.example' }],
    ['the same name at another port', { origin: 'http://127.0.0.1:1' }],
    ['an Origin of null', { origin: 'null' }],
    ['another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
    ['another port of this machine', { 'sec-fetch-site': 'same-site' }],
    [
      'a frame of another site',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    ],
  ])('%s is refused', async (_name, headers) => {
    const cookie = await enter()
    expect((await ask('/', { headers: { cookie, ...headers } })).status).toBe(403)
  })

  it('a forged or foreign cookie is no session', async () => {
    const cookie = await enter()
    const forged = `${cookie.slice(0, -1)}${cookie.endsWith('A') ? 'B' : 'A'}`
    expect((await ask('/index.html', { headers: { cookie: forged } })).status).toBe(401)
    expect((await ask('/index.html', { headers: { cookie: `other=1; ${cookie}` } })).status).toBe(200)
  })

  it('a path that leads out of the screens is nothing', async () => {
    const headers = { cookie: await enter() }
    for (const at of ['/../package.json', '/%2e%2e/blobs', '/..%2f..%2fetc/passwd']) {
      expect((await ask(at, { headers })).status).toBe(404)
    }
  })

  it('bytes go in and come out as they were, never as a page', async () => {
    const headers = { cookie: await enter(), origin: origin() }
    const body = Buffer.from('<script>alert(1)</script>')
    const answer = await ask('/blob', { method: 'POST', headers, body })
    const { blob } = JSON.parse(answer.body) as { blob: string }
    const back = await ask(`/blob/${blob}?name=a%22b.html`, { headers })
    expect(back.body).toBe(body.toString())
    expect(back.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="a_b.html"; filename*=UTF-8''a%22b.html`,
      'cache-control': expect.stringContaining('immutable') as string,
    })
  })

  it('an upload without an Origin is refused: a form of another site has none to show', async () => {
    const headers = { cookie: await enter() }
    expect(await ask('/blob', { method: 'POST', headers, body: Buffer.from('x') })).toMatchObject({ status: 403 })
  })

  it.each([
    ['that says how large it is', { 'content-length': String(64 * 2 ** 20) }, 413],
    ['that does not', { 'transfer-encoding': 'chunked' }, 400],
  ])('an upload over the limit %s is refused in words and leaves nothing', async (_name, length, status) => {
    const headers = { cookie: await enter(), origin: origin(), ...length }
    const answer = await ask('/blob', { method: 'POST', headers, body: Buffer.alloc(64 * 2 ** 20) })
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.body)).toMatchObject({ failure: { message: 'The file is larger than 1 MB.' } })
    expect(await listFolder(join(data, 'blobs'))).toEqual([])
  })

  it('an upload that breaks off leaves nothing', async () => {
    const cookie = await enter()
    const headers = { cookie, origin: origin(), 'content-length': '1000' }
    const sent = httpRequest({ host: '127.0.0.1', port: server.port, path: '/blob', method: 'POST', headers })
    sent.on('error', () => undefined)
    sent.write(Buffer.alloc(10))
    await expect.poll(() => listFolder(join(data, 'blobs'))).toEqual(['part'])
    sent.destroy()
    await expect.poll(() => listFolder(join(data, 'blobs'))).toEqual([])
  })
})

describe('a socket', () => {
  function open(headers: Record<string, string>, at = '/socket'): Promise<WebSocket> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}${at}`, { headers })
      socket.on('open', () => resolve(socket))
      socket.on('error', reject)
    })
  }
  const read = (data: Buffer, binary: boolean): unknown => decodeWire(binary ? data : data.toString())
  const next = (socket: WebSocket): Promise<unknown> =>
    new Promise((resolve) => socket.once('message', (data, binary) => resolve(read(data as Buffer, binary))))

  it('carries requests, replies, refusals, bytes and events', async () => {
    const socket = await open({ cookie: await enter(), origin: origin() })
    const messages: unknown[] = []
    socket.on('message', (data, binary) => messages.push(read(data as Buffer, binary)))
    socket.send(encodeWire({ id: 1, method: 'projects.create', args: { name: 'a' } }))
    socket.send(encodeWire({ id: 2, method: 'projects.delete', args: {} }))
    socket.send(encodeWire({ id: 3, method: 'models.tokens', args: {} }))
    await expect.poll(() => messages.length).toBe(4)
    expect(messages).toEqual(
      expect.arrayContaining([
        { seq: 1, name: 'notice', payload: { message: 'made', remedy: '' } },
        { id: 1, result: { name: 'a' } },
        { id: 2, failure: { message: 'It is in use.', remedy: 'Close it first.', kind: 'input' } },
        { id: 3, result: { bytes: new Uint8Array([1, 2, 3]) } },
      ]),
    )
    socket.close()
  })

  it.each<[string, (cookie: string) => Record<string, string>, string?]>([
    ['without a cookie', () => ({ origin: origin() })],
    ['without an Origin', (cookie) => ({ cookie })],
    ['from another Origin', (cookie) => ({ cookie, origin: 'http://evil.example' })],
    ['for another Host', (cookie) => ({ cookie, origin: origin(), host: 'evil.example' })],
    ['at another path', (cookie) => ({ cookie, origin: origin() }), '/other'],
  ])('%s is refused', async (_name, headers, at) => {
    await expect(open(headers(await enter()), at)).rejects.toThrow('403')
  })

  it.each(['not json', '{"id":1}', '{"id":1,"method":"no.such","args":{}}'])('that says %j is closed', async (text) => {
    const socket = await open({ cookie: await enter(), origin: origin() })
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.send(text)
    expect(await closed).toBe(1008)
  })

  it('that reads too slowly is cut off, and the others are not kept waiting', async () => {
    const cookie = await enter()
    const [slow, quick] = [await open({ cookie, origin: origin() }), await open({ cookie, origin: origin() })]
    slow.pause()
    const cut = new Promise((resolve) => slow.once('close', resolve))
    const large = 'x'.repeat(8 * 2 ** 20)
    for (let seq = 1; seq <= 14; seq++) {
      const heard = next(quick)
      service.publish({ seq, name: 'notice', payload: { message: large, remedy: '' } })
      await heard
    }
    slow.resume()
    expect(await cut).toBe(1006)
    expect(quick.readyState).toBe(WebSocket.OPEN)
    quick.close()
  })
})

describe.skipIf(spawnSync('openssl', ['version']).error)('with a certificate', () => {
  it('is served encrypted, under the names of the certificate, with a cookie that never travels in the clear', async () => {
    const names = 'subjectAltName=DNS:studio.example'
    const make = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=x -addext ${names}`
    const files = { cert: join(data, 'cert.pem'), key: join(data, 'key.pem') }
    spawnSync('openssl', [...make.split(' '), '-keyout', files.key, '-out', files.cert])
    const tls = { cert: await readFile(files.cert, 'utf8'), key: await readFile(files.key, 'utf8') }
    const base = { service, screens: data, host: '127.0.0.1', port: 0, insecure: false }
    const secure = await startServer({ ...base, tls })
    try {
      const { port } = secure
      const get = (path: string, host: string): Promise<{ status: number; cookie: string }> =>
        new Promise((resolve, reject) => {
          const headers = { host: `${host}:${port}` }
          const options = { host: '127.0.0.1', port, path, headers, rejectUnauthorized: false, agent: false as const }
          httpsRequest(options, (answer) => {
            answer.resume()
            resolve({ status: answer.statusCode ?? 0, cookie: answer.headers['set-cookie']?.[0] ?? '' })
          })
            .on('error', reject)
            .end()
        })
      const entered = await get(path(secure.link()), 'studio.example')
      expect(entered.status).toBe(303)
      expect(entered.cookie).toMatch(/^__Host-tandem-\d+=.*; Secure$/)
      expect((await get('/', 'evil.example')).status).toBe(403)
    } finally {
      await secure.close()
    }
    const wrong = startServer({ ...base, tls: { cert: tls.cert, key: tls.cert } })
    await expect(wrong).rejects.toMatchObject({ message: expect.stringContaining('cannot be used') as string })
  })
})

describe('where it may be served', () => {
  it('is this machine, or elsewhere with encryption or an explicit word', () => {
    expect(() => checkExposure({ host: '0.0.0.0', tls: null, insecure: false })).toThrow('would let anyone')
    expect(() => checkExposure({ host: '0.0.0.0', tls: null, insecure: true })).not.toThrow()
    expect(() => checkExposure({ host: '::1', tls: null, insecure: false })).not.toThrow()
  })

  it('is under the names of this machine and its certificate, and no others', () => {
    const machine = { name: 'Desk', addresses: ['10.0.0.2', 'fe80::1'] }
    expect([...hostNames('127.0.0.1', 7420, machine)]).toEqual(['localhost:7420', '127.0.0.1:7420', '[::1]:7420'])
    expect(hostNames('0.0.0.0', 443, machine, ['studio.example'])).toEqual(
      new Set(
        ['localhost', '127.0.0.1', '[::1]', 'desk', '10.0.0.2', '[fe80::1]', 'studio.example'].flatMap((name) => [
          name,
          `${name}:443`,
        ]),
      ),
    )
  })

  it('says what is wrong with a port that is taken', async () => {
    const again = { service, screens: data, host: '127.0.0.1', port: server.port, tls: null, insecure: false }
    await expect(startServer(again)).rejects.toMatchObject({ message: `Port ${server.port} is taken.` })
  })
})
