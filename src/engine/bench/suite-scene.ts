/**
 * Scenes as a suite writes them: only the cells that hold something, by name, so that a prompt reads at a glance and the
 * repository stays small. `{"background": "meadow", "cells": {"b3": "cat"}}`.
 */
import { z } from 'zod'
import { CELLS, cellIndex, cellNames } from '../data/world/cells.ts'
import { freedomSchema, familyNames, type WorldSample } from '../data/world/types.ts'
import type { Scene, World } from '../data/world/world.ts'

export const compactSceneSchema = z.strictObject({
  background: z.string().min(1),
  cells: z.record(z.string(), z.string().min(1)),
})
export type CompactScene = z.infer<typeof compactSceneSchema>

/** The ground truth the exact judge needs beside the input scene. */
export const truthSchema = z.strictObject({
  family: z.enum(familyNames),
  operation: z.string().min(1),
  held_out: z.boolean(),
  reasoning: z.string().min(1),
  output: compactSceneSchema,
  freedom: freedomSchema,
})
export type Truth = z.infer<typeof truthSchema>

export function compactScene(scene: Scene): CompactScene {
  const filled = scene.cells.flatMap((sprite, i): [string, string][] =>
    sprite === null ? [] : [[cellNames[i]!, sprite]],
  )
  return { background: scene.background, cells: Object.fromEntries(filled) }
}

/** The scene, or what is wrong with it: a cell or a name the world does not have. */
export function expandScene(world: World, compact: CompactScene): Scene | string {
  if (!world.backgroundIndex.has(compact.background)) return `there is no background "${compact.background}"`
  const cells: (string | null)[] = Array.from({ length: CELLS }, () => null)
  for (const [name, sprite] of Object.entries(compact.cells)) {
    const at = cellIndex(name)
    if (at < 0) return `there is no cell "${name}"`
    if (!world.spriteIndex.has(sprite)) return `there is no sprite "${sprite}"`
    cells[at] = sprite
  }
  return { background: compact.background, cells }
}

/** What a suite keeps of a sample of the world: its input, and its truth. */
export function truthOf(sample: WorldSample): { input: CompactScene | null; truth: Truth } {
  return {
    input: sample.input && compactScene(sample.input),
    truth: {
      family: sample.family,
      operation: sample.operation,
      held_out: sample.heldOut,
      reasoning: sample.reasoning,
      output: compactScene(sample.output),
      freedom: sample.freedom,
    },
  }
}
