import { describe, expect, it } from 'vitest'
import { examplesFor, spritesIn } from './RunPanelExamples.ts'

describe('examples of instructions', () => {
  it('are about what is on the canvas', () => {
    const examples = examplesFor('edit', ['meadow', 'cat', 'fish', 'seedling 2'])
    expect(examples).toContain('the cat is hungry')
    expect(examples).toContain('show what the seedling becomes later')
    expect(examples.length).toBeLessThanOrEqual(6)
    expect(new Set(examples).size).toBe(examples.length)
  })
  it('fit any scene where nothing on it is known', () => {
    expect(examplesFor('edit', ['holiday photo'])).toContain('show it at night')
    expect(examplesFor('generate', [])[0]).toMatch(/^draw /)
  })
  it('know a sprite by its layer', () => {
    expect(spritesIn(['Cat', 'cat 3', 'Layer 1'])).toEqual(['cat'])
  })
})
