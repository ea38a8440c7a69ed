/** The count of a forward's arithmetic, against the shapes of the products that stand in its graph. */
import { expect, test } from 'vitest'
import type { ModelOptions } from '../../shared/model-config.ts'
import type { Graph, GraphNode } from '../graph/graph.ts'
import { forwardCost, totalCost } from './cost.ts'
import { requireField, resolveLayout } from './layout.ts'
import { composeReferenceGraph } from './reference-graph.ts'
import { allOptions, inlineWeights, noOptions, randomWeights, tinyConfig } from './testing.ts'
import { composeTrainGraph } from './train-graph.ts'

/** 2 n k m of a product [.., n, k] x [k, m], whichever way its operands lie. */
function work({ op, inputs, output }: GraphNode): number {
  const size = output.shape.reduce<number>((n, dim) => n * Number(dim), 1)
  const inner = Number(inputs[0]!.shape.at(-1))
  return op === 'Gemm' || op === 'MatMul' || op === 'MatMulRows' || op === 'Attend' ? 2 * size * inner : 0
}

function countedIn({ nodes }: Graph): Record<string, number> {
  const counted: Record<string, number> = {}
  for (const node of nodes) counted[node.part ?? 'head'] = (counted[node.part ?? 'head'] ?? 0) + work(node)
  return counted
}

test.each<[string, ModelOptions]>([
  ['the published architecture', noOptions],
  ['every option', allOptions],
  ['an input that sees itself alone', { ...noOptions, inputAttends: 'input' }],
])('of %s is that of the products in its graph, part by part', (_, options) => {
  const config = tinyConfig(options, { layers: 3 })
  const { graph, layout } = composeTrainGraph(config, 'edit', 2, { forwardOnly: true })
  const text = requireField(layout, 'outputText').length
  const image = requireField(layout, 'outputImage').length
  // Training computes the last block for the whole output part, control tokens included, and the head for its fields.
  const rows = { passes: 2, computed: layout.length, asked: { text, image } }
  const cost = forwardCost(config, layout, { ...rows, last: layout.length - layout.outputStart })
  expect(countedIn(graph)).toEqual(cost)
  expect(totalCost(cost)).toBe(cost.embed + cost.attention + cost.mlp + cost.head)
})

test('of the schedule that acceleration is measured against is that of every row', () => {
  const config = tinyConfig(allOptions, { layers: 3 })
  const counted = countedIn(composeReferenceGraph(config, 'edit', inlineWeights(randomWeights(config))))
  const layout = resolveLayout(config, 'edit')
  const asked = { text: layout.length, image: layout.length }
  const cost = forwardCost(config, layout, { passes: 1, computed: layout.length, asked, last: layout.length })
  // Its head has the control tokens too, which no modality has.
  expect(counted).toEqual({ ...cost, head: 2 * config.dModel * layout.length * config.vocabSize })
})
