/**
 * The mask predictor again, in plain doubles and from the paper's facts alone (RMSNorm in front of each branch, RoPE by
 * rotated halves, attention without a mask, SwiGLU, no biases, a last norm, a head over the vocabulary), with this
 * project's options. Slow, one sequence at a time, and sharing nothing with the graph but the tensors' names.
 */
import type { ModelConfig, Task } from '../../shared/model-config.ts'
import type { Weights } from './testing.ts'

type Vector = number[]

/** Logits over the whole vocabulary for every position: [L][V]. */
export function referenceLogits(
  config: ModelConfig,
  task: Task,
  weights: Weights,
  tokens: ArrayLike<number>,
): Vector[] {
  const d = config.dModel
  const tensor = (name: string): Float32Array => weights.get(name)!
  const rowOf = (name: string, i: number): Vector => [...tensor(name).subarray(i * d, (i + 1) * d)]
  /** torch's Linear without bias: y = W x with W [out, in]. */
  const linear = (name: string, x: Vector): Vector => {
    const w = tensor(name)
    return Array.from({ length: w.length / x.length }, (_, o) =>
      x.reduce((sum, v, i) => sum + v * w[o * x.length + i]!, 0),
    )
  }
  const rmsNorm = (name: string, x: Vector): Vector => {
    const scale = 1 / Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length + config.normEps)
    return x.map((v, i) => v * scale * tensor(name)[i]!)
  }
  const plus = (a: Vector, b: Vector): Vector => a.map((v, i) => v + b[i]!)

  let hidden = embed()
  for (let layer = 0; layer < config.layers; layer++) hidden = block(`model.transformer.blocks.${layer}`, hidden)
  const head = config.options.tiedHead ? 'model.transformer.wte.weight' : 'model.transformer.ff_out.weight'
  return hidden.map((x) => linear(head, rmsNorm('model.transformer.ln_f.weight', x)))

  function block(name: string, x: Vector[]): Vector[] {
    const normed = x.map((v) => rmsNorm(`${name}.attn_norm.weight`, v))
    const heads = attention(
      normed.map((v) => linear(`${name}.q_proj.weight`, v)),
      normed.map((v) => linear(`${name}.k_proj.weight`, v)),
      normed.map((v) => linear(`${name}.v_proj.weight`, v)),
    )
    const attended = x.map((v, p) => plus(v, linear(`${name}.attn_out.weight`, heads[p]!)))
    return attended.map((v) => {
      const inner = rmsNorm(`${name}.ff_norm.weight`, v)
      const gate = linear(`${name}.ff_proj.weight`, inner).map((g) => g / (1 + Math.exp(-g)))
      const up = linear(`${name}.up_proj.weight`, inner)
      return plus(
        v,
        linear(
          `${name}.ff_out.weight`,
          gate.map((g, i) => g * up[i]!),
        ),
      )
    })
  }

  /** Every position attends to every position, head by head; the input to itself alone where the option says so. */
  function attention(q: Vector[], allKeys: Vector[], v: Vector[]): Vector[] {
    const size = d / config.heads
    const input = firstOutput()
    return q.map((_, p) => {
      const k = config.options.inputAttends === 'input' && p < input ? allKeys.slice(0, input) : allKeys
      const out: Vector = []
      for (let head = 0; head < config.heads; head++) {
        const part = (x: Vector): Vector => x.slice(head * size, (head + 1) * size)
        const query = rotate(part(q[p]!), p)
        const scores = k.map(
          (key, at) => rotate(part(key), at).reduce((sum, value, i) => sum + value * query[i]!, 0) / Math.sqrt(size),
        )
        const weightsOf = scores.map(Math.exp)
        const total = weightsOf.reduce((a, b) => a + b, 0)
        for (let i = 0; i < size; i++)
          out.push(weightsOf.reduce((sum, weight, at) => sum + (weight / total) * part(v[at]!)[i]!, 0))
      }
      return out
    })
  }

  /** Where the first output field begins. */
  function firstOutput(): number {
    let at = 0
    for (const segment of config.layouts[task]) {
      if (segment.kind === 'field' && segment.name.startsWith('output')) break
      at += segment.kind === 'control' ? segment.tokens.length : segment.length
    }
    return at
  }

  /** RoPE: component i of the first half turns with component i of the second, by position x theta^(-2i / size). */
  function rotate(x: Vector, position: number): Vector {
    const half = x.length / 2
    return x.map((value, i) => {
      const pair = i % half
      const angle = position / config.ropeTheta ** ((2 * pair) / x.length)
      const other = i < half ? -x[i + half]! : x[i - half]!
      return value * Math.cos(angle) + other * Math.sin(angle)
    })
  }

  function embed(): Vector[] {
    const { options, image } = config
    const places: { field: string; index: number }[] = []
    for (const segment of config.layouts[task]) {
      if (segment.kind === 'control') segment.tokens.forEach(() => places.push({ field: 'control', index: 0 }))
      else for (let index = 0; index < segment.length; index++) places.push({ field: segment.name, index })
    }
    const codeOf = (p: number): Vector => rowOf('model.transformer.wte.weight', tokens[p]!)
    return places.map(({ field, index }, p) => {
      let x = codeOf(p)
      const isImage = field === 'inputImage' || field === 'outputImage'
      if (options.segmentEmbeddings) {
        const number = ['control', 'inputImage', 'instruction', 'outputImage', 'outputText'].indexOf(field)
        x = plus(x, rowOf('model.options.segment.weight', number))
      }
      if (options.gridEmbeddings && isImage) {
        x = plus(x, rowOf('model.options.row.weight', Math.floor(index / image.grid)))
        x = plus(x, rowOf('model.options.column.weight', index % image.grid))
      }
      const same = places.findIndex((place) => place.field === 'inputImage' && place.index === index)
      if (options.fuse && field === 'outputImage' && same >= 0)
        x = plus(x, linear('model.options.fuse.weight', codeOf(same)))
      return x
    })
  }
}
