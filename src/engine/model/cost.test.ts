/** The count of a forward's arithmetic, against the shapes of the products that stand in its graph. */
import { expect, test } from 'vitest'
import type { ModelOptions } from '../../shared/model-config.ts'
import type { GraphNode } from '../graph/graph.ts'
import { forwardCost, totalCost } from './cost.ts'
import { requireField } from './layout.ts'
import { allOptions, noOptions, tinyConfig } from './testing.ts'
import { composeTrainGraph } from './train-graph.ts'

/** 2 n k m of a product [.., n, k] x [k, m], whichever way its operands lie. */
function work({ op, inputs, output }: GraphNode): number {
  const size = output.shape.reduce<number>((n, dim) => n * Number(dim), 1)
  const inner = Number(inputs[0]!.shape.at(-1))
  return op === 'Gemm' || op === 'MatMul' || op === 'MatMulRows' || op === 'Attend' ? 2 * size * inner : 0
}

test.each<[string, ModelOptions]>([
  ['the published architecture', noOptions],
  ['every option', allOptions],
  ['an input that sees itself alone', { ...noOptions, inputAttends: 'input' }],
])('of %s is that of the products in its graph, part by part', (_, options) => {
  const config = tinyConfig(options, { layers: 3 })
  const { graph, layout } = composeTrainGraph(config, 'edit', 2, { forwardOnly: true })
  const counted: Record<string, number> = {}
  for (const node of graph.nodes) counted[node.part ?? 'head'] = (counted[node.part ?? 'head'] ?? 0) + work(node)
  const text = requireField(layout, 'outputText').length
  const image = requireField(layout, 'outputImage').length
  // Training computes the last block for the whole output part, control tokens included, and the head for its fields.
  const cost = forwardCost(config, layout, { passes: 2, computed: layout.length, asked: { text, image } })
  const controls = layout.length - layout.outputStart - text - image
  const { dModel: d, mlpHidden: h } = config
  expect(counted['embed']).toBe(cost.embed)
  expect(counted['mlp']).toBe(cost.mlp + 2 * controls * 6 * d * h)
  expect(counted['attention']).toBe(cost.attention + 2 * controls * (4 * d * d + 4 * d * layout.length))
  expect(counted['head']).toBe(cost.head)
  expect(totalCost(cost)).toBe(cost.embed + cost.attention + cost.mlp + cost.head)
})
