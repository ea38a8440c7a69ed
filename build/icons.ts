/** `node build/icons.ts`: draws build/icons/icon.png, which every platform's package takes its icons from, from the mark. */
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'

const SIZE = 1024
const at = (name: string): string => fileURLToPath(new URL(`icons/${name}`, import.meta.url))

await sharp(at('tandem.svg'), { density: (72 * SIZE) / 512 })
  .resize(SIZE, SIZE)
  .png({ compressionLevel: 9 })
  .toFile(at('icon.png'))
