import { expect, it } from 'vitest'
import { uploadInParts } from './upload-parts.ts'

/** A store of the texts that were sent, by number. */
function receiver(): { readonly sent: string[]; readonly joined: string[]; upload: (text: string) => Promise<string> } {
  const sent: string[] = []
  const joined: string[] = []
  return {
    sent,
    joined,
    upload: (text) =>
      uploadInParts(new Blob([text]), {
        send: async (piece) => `${sent.push(await piece.text()) - 1}`,
        join: (parts) => Promise.resolve(`all ${joined.push(parts.map((part) => sent[Number(part)]).join('')) - 1}`),
        part: 4,
        limit: 11,
      }),
  }
}

it('what fits one piece is one, a larger file comes together from parts in their order', async () => {
  const { sent, joined, upload } = receiver()
  expect([await upload(''), await upload('abcd'), await upload('abcdefghijk')]).toEqual(['0', '1', 'all 0'])
  expect(sent).toEqual(['', 'abcd', 'abcd', 'efgh', 'ijk'])
  expect(joined).toEqual(['abcdefghijk'])
})

it('what is over the limit is refused before any of it is sent', async () => {
  const { sent, upload } = receiver()
  await expect(upload('abcdefghijkl')).rejects.toThrow('The file is larger than 0 MB.')
  expect(sent).toEqual([])
})
