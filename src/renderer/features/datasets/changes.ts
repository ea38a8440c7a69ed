/** What differs between two pictures: the rest is greyed, so that the change is what is seen. */
const SIDE = 512
/** Sum over the channels that an eye takes for a change; JPEG's noise stays below. */
const VISIBLE = 48

async function load(url: string): Promise<HTMLImageElement> {
  const image = new Image()
  image.src = url
  await image.decode()
  return image
}

/** Which pixels of `after` differ visibly from `before`: RGBA of one size. Pure. */
export function changedPixels(before: Uint8ClampedArray, after: Uint8ClampedArray): Uint8Array {
  const out = new Uint8Array(after.length / 4)
  for (let i = 0; i < out.length; i++) {
    const at = i * 4
    let sum = 0
    for (let c = 0; c < 3; c++) sum += Math.abs(before[at + c]! - after[at + c]!)
    out[i] = sum > VISIBLE ? 1 : 0
  }
  return out
}

/** Draws the output with everything unchanged in pale grey. Returns the share that changed, null where it was not drawn. */
export async function drawChanges(
  canvas: HTMLCanvasElement | null,
  input: string,
  output: string,
): Promise<number | null> {
  const [before, after] = await Promise.all([load(input), load(output)]).catch(() => [null, null])
  const context = canvas?.getContext('2d', { willReadFrequently: true })
  if (!canvas || !context || !before || !after) return null
  const scale = Math.min(1, SIDE / Math.max(after.naturalWidth, after.naturalHeight))
  const width = Math.max(1, Math.round(after.naturalWidth * scale))
  const height = Math.max(1, Math.round(after.naturalHeight * scale))
  canvas.width = width
  canvas.height = height
  const pixels = (image: HTMLImageElement): ImageData => {
    context.clearRect(0, 0, width, height)
    context.drawImage(image, 0, 0, width, height)
    return context.getImageData(0, 0, width, height)
  }
  const one = pixels(before)
  const other = pixels(after)
  const changed = changedPixels(one.data, other.data)
  let count = 0
  for (let i = 0; i < changed.length; i++) {
    if (changed[i] === 1) {
      count++
      continue
    }
    const at = i * 4
    const grey = 0.3 * other.data[at]! + 0.59 * other.data[at + 1]! + 0.11 * other.data[at + 2]!
    // Faint: it says where the change is, and no more.
    other.data.fill(Math.round(128 + (grey - 128) * 0.25), at, at + 3)
  }
  context.putImageData(other, 0, 0)
  return count / changed.length
}

export function changedShare(share: number): string {
  if (share === 0) return 'Nothing changed that an eye would see.'
  const percent = share * 100
  return `${percent < 0.1 ? 'Less than 0.1' : percent.toFixed(percent < 10 ? 1 : 0)} % of the picture changed.`
}
