/** ParaBench as the studio asks for it: suites by name, models by id, and an endpoint the person has agreed to. */
import { z } from 'zod'
import { benchJudgeSchema } from './bench.ts'
import { dragSpecSchema, parabenchSpecSchema } from './jobs.ts'
import { idSchema, stackedAdapterSchema } from './studio.ts'

const modelId = z.string().min(1).max(200)
/** A suite that ships, by its name, or one of the studio's own, by its id. */
export const suiteIdSchema = z.string().regex(/^[\w-]{1,100}$/)

const [exactJudgeSchema, endpointJudgeSchema] = benchJudgeSchema.options

export const studioJudgeSchema = z.discriminatedUnion('kind', [
  exactJudgeSchema,
  endpointJudgeSchema.omit({ cache: true }).extend({
    /** Its key has to be at hand when the job runs; false: it is asked without one. */
    keyed: z.boolean(),
    /** Host and port the person was shown, with what is sent there, and agreed to. */
    agreed: z.string().min(1).max(300),
  }),
])
export type StudioJudge = z.infer<typeof studioJudgeSchema>
export type EndpointJudge = Extract<StudioJudge, { kind: 'endpoint' }>

const fields = {
  suite: suiteIdSchema,
  model: modelId,
  adapters: z.array(stackedAdapterSchema).max(8).optional(),
  judge: studioJudgeSchema,
}

export const studioParabenchSchema = parabenchSpecSchema.omit({ out: true, estimateOnly: true }).extend({
  ...fields,
  /** Marks the answers that another job of equal settings has given, instead of giving its own. */
  answersOf: idSchema.optional(),
})
export const studioDragSchema = dragSpecSchema.omit({ out: true, estimateOnly: true }).extend(fields)
export type StudioParabench = z.infer<typeof studioParabenchSchema>
export type StudioDrag = z.infer<typeof studioDragSchema>
