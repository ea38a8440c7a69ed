/** The browser host in a real browser: each rule is tried, and each refusal is seen. */
import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { chromiumMissing, openInBrowser, type BrowserStudio } from './browser.ts'
import { describeWith } from './needs.ts'

describeWith(chromiumMissing())('the browser host', () => {
  let studio: BrowserStudio

  beforeAll(async () => {
    studio = await openInBrowser()
  })
  afterAll(() => studio?.close())

  /** Asks as a program would, with any header. */
  function status(path: string, headers: Record<string, string>, method = 'GET'): Promise<number> {
    const { hostname, port } = new URL(studio.served.origin)
    return new Promise((resolve, reject) => {
      const sent = httpRequest({ host: hostname, port, path, method, headers, agent: false }, (answer) => {
        answer.resume()
        resolve(answer.statusCode ?? 0)
      })
      sent.on('error', reject)
      sent.end()
    })
  }

  async function cookie(): Promise<string> {
    const [found] = await studio.context.cookies()
    return `${found!.name}=${found!.value}`
  }

  describe('the studio in a browser', () => {
    it('opens at a clean address, with a cookie that scripts do not see, and without an error', async () => {
      await expect.poll(() => studio.page.locator('#root').innerText()).not.toBe('')
      expect(studio.page.url()).toBe(`${studio.served.origin}/`)
      expect(await studio.page.evaluate(() => document.cookie)).toBe('')
      expect(await studio.context.cookies()).toMatchObject([{ httpOnly: true, sameSite: 'Strict', path: '/' }])
      expect(studio.errors).toEqual([])
    })

    it('has no bridge: it talks over its socket', async () => {
      expect(await studio.page.evaluate(() => 'tandem' in window)).toBe(false)
    })

    it('stays in after a reload', async () => {
      await studio.page.reload()
      await expect.poll(() => studio.page.locator('#root').innerText()).not.toBe('')
    })
  })

  describe('a link', () => {
    it('that was used already says so to another browser', async () => {
      const other = await studio.browser.newContext()
      const page = await other.newPage()
      const answer = await page.goto(studio.served.link)
      expect(answer?.status()).toBe(403)
      expect(await page.getByRole('heading').innerText()).toBe('This link was used already')
      expect(await other.cookies()).toEqual([])
      await other.close()
    })

    it('is needed: without it there is nothing but a word on how to get one', async () => {
      const other = await studio.browser.newContext()
      const page = await other.newPage()
      expect((await page.goto(studio.served.origin))?.status()).toBe(401)
      expect(await page.getByRole('heading').innerText()).toBe('This studio needs its link')
      await other.close()
    })
  })

  describe('the content policy', () => {
    it('stops an inline script, an evaluated one, a foreign connection and a foreign picture', async () => {
      // Playwright's own evaluation is outside of the policy: the attempts are made by elements of the page.
      const violations = await studio.page.evaluate(async () => {
        const seen: string[] = []
        document.addEventListener('securitypolicyviolation', (event) => seen.push(event.effectiveDirective))
        const script = document.createElement('script')
        script.textContent = 'window.ran = true'
        document.body.append(script)
        const button = document.createElement('button')
        button.setAttribute('onclick', 'window.ran = true')
        document.body.append(button)
        button.click()
        button.remove()
        const picture = new Image()
        picture.src = 'http://127.0.0.1:1/x.png'
        await fetch('http://127.0.0.1:1/').catch(() => undefined)
        const style = document.createElement('style')
        style.textContent = 'body { color: red }'
        document.body.append(style)
        // They are told one by one; what would be one too many, a moment after the last.
        for (let i = 0; i < 100 && new Set(seen).size < 5; i++) await new Promise((resolve) => setTimeout(resolve, 50))
        await new Promise((resolve) => setTimeout(resolve, 300))
        return { seen, ran: 'ran' in window }
      })
      expect(violations.ran).toBe(false)
      expect(new Set(violations.seen)).toEqual(
        new Set(['script-src-elem', 'script-src-attr', 'connect-src', 'img-src', 'style-src-elem']),
      )
      const policy = (await studio.page.reload())?.headers()['content-security-policy']
      expect(policy).not.toContain('unsafe')
    })

    it('keeps the studio out of frames of other pages', async () => {
      const page = await studio.context.newPage()
      await page.setContent(`<iframe src="${studio.served.origin}/"></iframe>`)
      await page.waitForTimeout(500)
      expect(page.frames().every((frame) => !frame.url().startsWith(studio.served.origin))).toBe(true)
      await page.close()
    })
  })

  describe('whoever has the cookie but is not the page', () => {
    it.each<[string, Record<string, string>]>([
      ['under a name that was rebound', { host: 'evil.example' }],
      ['from another origin', { origin: 'http://evil.example' }],
      ['from another port', { 'sec-fetch-site': 'same-site' }],
    ])('%s is refused', async (_name, headers) => {
      expect(await status('/', { cookie: await cookie(), ...headers })).toBe(403)
    })

    it('finds nothing above the screens', async () => {
      expect(await status('/..%2f..%2fpackage.json', { cookie: await cookie() })).toBe(404)
    })

    it.each<[string, (cookie: string) => Record<string, string>]>([
      ['without the cookie', () => ({ origin: studio.served.origin })],
      ['from another origin', (value) => ({ cookie: value, origin: 'http://evil.example' })],
      ['without an origin', (value) => ({ cookie: value })],
    ])('gets no socket %s', async (_name, headers) => {
      const address = `${studio.served.origin.replace('http', 'ws')}/socket`
      const refused = new Promise((resolve) => {
        const socket = new WebSocket(address, { headers: headers('' + value) })
        socket.on('open', () => resolve('open'))
        socket.on('error', (error) => resolve(error.message))
      })
      expect(await refused).toContain('403')
    })
    let value = ''
    beforeAll(async () => {
      value = await cookie()
    })
  })

  describe('an upload', () => {
    it('comes back byte for byte, as data and never as a page', async () => {
      const answer = await studio.page.evaluate(async () => {
        const posted = await fetch('blob', { method: 'POST', body: new Blob(['<script>1</script>']) })
        const { blob } = (await posted.json()) as { blob: string }
        const back = await fetch(`blob/${blob}`)
        return { text: await back.text(), type: back.headers.get('content-type') }
      })
      expect(answer).toEqual({ text: '<script>1</script>', type: 'application/octet-stream' })
    })

    it('over the limit is refused in words and leaves nothing', async () => {
      const before = await files()
      const folder = await mkdtemp(join(tmpdir(), 'tandem-large-'))
      const path = join(folder, 'large.png')
      await writeFile(path, '')
      await truncate(path, 513 * 2 ** 20)
      await studio.page.evaluate(() => {
        const input = Object.assign(document.createElement('input'), { type: 'file', id: 'large' })
        document.body.append(input)
      })
      await studio.page.setInputFiles('#large', path)
      const body = await studio.page.evaluate(async () => {
        const input = document.querySelector<HTMLInputElement>('#large')!
        const answer = await fetch('blob', { method: 'POST', body: input.files![0]! })
        input.remove()
        return (await answer.json()) as unknown
      })
      await rm(folder, { recursive: true, maxRetries: 10 })
      expect(body).toMatchObject({ failure: { message: 'The file is larger than 512 MB.' } })
      expect(await files()).toEqual(before)
    })

    const files = async (): Promise<string[]> => {
      const all = await readdir(studio.served.data, { recursive: true, withFileTypes: true })
      return all
        .filter((entry) => entry.isFile() && !/\.(db|sqlite)/.test(entry.name))
        .map((entry) => join(entry.parentPath, entry.name))
    }
  })

  describe('Ctrl-C', () => {
    it('closes the studio and ends well', async () => {
      expect(await studio.served.stop()).toBe(0)
    })
  })
})
