/** `tandem model get`: a published model from a host in the layout of Hugging Face, listed first, then downloaded. */
import { basename, resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { bytesInWords } from '../../shared/bytes.ts'
import { DEFAULT_HUB, hubListingSchema, hubResultSchema, type HubListing } from '../../shared/hub.ts'
import { TandemError } from '../../shared/errors.ts'
import { driveJob } from './drive.ts'
import { createLive } from './live.ts'
import { note, printJson } from './report.ts'

interface GetOptions {
  revision?: string
  host: string
  out?: string
  list?: boolean
  yes?: boolean
  json?: boolean
}

export function addGetCommand(model: Command): void {
  model
    .command('get <repository>')
    .description('Download a published model: files, sizes and licence are shown first. Goes on where it was stopped.')
    .option('--revision <r>', 'branch, tag or commit (default: the one of the address, or main)')
    .option('--host <url>', 'the host', process.env.TANDEM_HUB ?? DEFAULT_HUB)
    .option('--out <dir>', 'a new folder, or the one of an earlier attempt (default: the name of the model)')
    .option('--list', 'only say what would be downloaded')
    .option('--yes', 'do not ask before the download')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  tandem model get tyfeld/MMaDA-Parallel-M --list
  tandem model get showlab/magvitv2 --out magvitv2
  tandem model get amused/amused-512/vqvae --out amused-vq
A gated repository needs a read token of your account in TANDEM_HUB_TOKEN (or HF_TOKEN). Pickles are left where they are.`,
    )
    .action(async (repository: string, options: GetOptions) => {
      const address = { repository, host: options.host, revision: options.revision ?? null }
      const listing = hubListingSchema.parse(
        await driveJob({ kind: 'hub', work: { do: 'list', ...address } }, createLive()),
      )
      if (options.list) {
        if (options.json) printJson(listing)
        else process.stdout.write(listingText(listing, true))
        return
      }
      note(listingText(listing, false).trimEnd())
      const out = resolve(options.out ?? basename(listing.folder === '' ? listing.repository : listing.folder))
      if (!options.yes && !options.json && process.stdin.isTTY && !(await agreed(listing)))
        throw new TandemError('Nothing was downloaded.', '', 'cancelled')
      // The commit that was shown is the one that is taken.
      const work = { do: 'get', ...address, revision: listing.commit, out } as const
      const result = hubResultSchema.parse(await driveJob({ kind: 'hub', work }, createLive()))
      if (options.json) return printJson({ ...result, licence: listing.licence })
      process.stdout.write(`${result.path}\n`)
    })
}

async function agreed({ bytes, host }: HubListing): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await lines.question(`Download ${bytesInWords(bytes)} from ${host}? [y/N] `)
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    lines.close()
  }
}

function listingText(listing: HubListing, long: boolean): string {
  const { host, repository, folder, commit, licence, gated, files, left, bytes, weights } = listing
  const lines = [
    `${repository}${folder === '' ? '' : `/${folder}`} at ${commit.slice(0, 8)} on ${host}`,
    `licence: ${licence ?? 'not stated; see its page'}${gated ? '; gated: its terms have to be accepted on its page' : ''}`,
    `${files.length} files, ${bytesInWords(bytes)}; a run takes at least ${bytesInWords(weights)} of memory as stored, about half as int8, a third as int4 (of 16-bit weights)`,
  ]
  if (long) for (const file of files) lines.push(`  ${bytesInWords(file.bytes).padStart(7)}  ${file.path}`)
  const pickles = left.filter(({ why }) => why.startsWith('a pickle'))
  if (long) for (const { path, why } of left) lines.push(`     left  ${path}: ${why}`)
  else if (pickles.length > 0)
    lines.push(
      `left there, since reading a pickle runs the code it holds: ${pickles.map(({ path }) => path).join(', ')}`,
    )
  return lines.join('\n') + '\n'
}
