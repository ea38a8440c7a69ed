/**
 * The storybook world as data: which sprites and backgrounds exist, what is true of them, and where their pixels lie.
 * Everything the generator says and the judge believes comes from this record, so another world is another JSON file
 * with its two sheets, and the judge can mark it without a line of code.
 */
import { z } from 'zod'

/** One simple lower-case word: the text tokenizer has one token for it. */
const word = z.string().regex(/^[a-z]+$/)
/** A short lower-case phrase of such words. */
const phrase = z.string().regex(/^[a-z]+( [a-z]+){0,3}$/)

export const spriteSchema = z.strictObject({
  name: word,
  plural: word,
  category: word,
  /** Completes "the <category> that ..."; true of no other sprite of the world. */
  fact: phrase.optional(),
  /** The icon the sprite was drawn from, for attribution. */
  source: z.string().min(1),
})
export type Sprite = z.infer<typeof spriteSchema>

/** What an outside cause does to one sprite. */
const effectNames = ['melt', 'water', 'blow', 'roll', 'float'] as const
export type EffectName = (typeof effectNames)[number]

const sheetSchema = z.strictObject({ file: z.string().regex(/^[a-z0-9-]+\.png$/), columns: z.int().positive() })

export const worldSchema = z
  .strictObject({
    format: z.literal('tandem-world'),
    version: z.literal(1),
    name: z.string().min(1),
    /** Pixels along one side of a cell. */
    cell: z.literal(32),
    /** Cells along one side of a scene. */
    grid: z.literal(4),
    sheets: z.strictObject({ sprites: sheetSchema, backgrounds: sheetSchema }),
    /** `spoken` categories can be asked for by name ("remove all the fruits"). */
    categories: z.array(z.strictObject({ name: word, plural: word, spoken: z.boolean() })).min(1),
    /** The order is the curriculum: every prefix of 8 or more makes valid samples. Cell i of the sheet is sprite i. */
    sprites: z.array(spriteSchema).min(8),
    backgrounds: z.array(word).min(2),
    /** Which background stands for what in the causal and temporal operations. */
    roles: z.strictObject({ day: word, night: word, snow: word }).optional(),
    lifecycles: z.array(z.strictObject({ from: word, to: word })),
    meals: z.array(z.strictObject({ eater: word, food: word })),
    effects: z.array(z.strictObject({ effect: z.enum(effectNames), sprite: word })),
    license: z.strictObject({ name: z.string(), file: z.string(), attribution: z.string(), url: z.string() }),
  })
  .superRefine((world, ctx) => {
    const complain = (message: string): void => ctx.addIssue({ code: 'custom', message })
    const names = new Set(world.sprites.map((s) => s.name))
    const backgrounds = new Set(world.backgrounds)
    const categories = new Set(world.categories.map((c) => c.name))
    if (names.size !== world.sprites.length) complain('sprite names must be unique')
    if (new Set(world.sprites.map((s) => s.plural)).size !== names.size) complain('plurals must be unique')
    const facts = world.sprites.flatMap((s) => (s.fact ? [s.fact] : []))
    if (new Set(facts).size !== facts.length) complain('a fact must be true of one sprite only')
    for (const s of world.sprites) if (!categories.has(s.category)) complain(`unknown category ${s.category}`)
    const mentioned = [
      ...world.lifecycles.flatMap((l) => [l.from, l.to]),
      ...world.meals.flatMap((m) => [m.eater, m.food]),
      ...world.effects.map((e) => e.sprite),
    ]
    for (const name of mentioned) if (!names.has(name)) complain(`unknown sprite ${name}`)
    for (const b of Object.values(world.roles ?? {})) if (!backgrounds.has(b)) complain(`unknown background ${b}`)
  })
export type WorldFile = z.infer<typeof worldSchema>
