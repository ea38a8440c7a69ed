/** Types a weight may be stored in: what the graph calls them, what an import calls them, and their bytes. */
import type { precisions } from '../../shared/checkpoints.ts'
import type { StoredDType } from '../model/safetensors.ts'
import type { PlainWeight } from '../model/stored-weights.ts'

type Precision = (typeof precisions)[number]

export const weightTypes = {
  F64: { dtype: 'float64', precision: 'f64', bytes: 8 },
  F32: { dtype: 'float32', precision: 'f32', bytes: 4 },
  F16: { dtype: 'float16', precision: 'f16', bytes: 2 },
  BF16: { dtype: 'bfloat16', precision: 'bf16', bytes: 2 },
  F8_E4M3: { dtype: 'float8e4m3', precision: 'f8', bytes: 1 },
  F8_E5M2: { dtype: 'float8e5m2', precision: 'f8', bytes: 1 },
} as const satisfies Partial<Record<StoredDType, { dtype: PlainWeight['dtype']; precision: Precision; bytes: number }>>

export type WeightType = keyof typeof weightTypes

export const isWeightType = (dtype: StoredDType): dtype is WeightType => Object.hasOwn(weightTypes, dtype)

/** Bytes of a number of the matrices that stay as they are stored: of quantised weights what published ones take. */
export const plainBytes = (precision: Precision): number =>
  Object.values(weightTypes).find((type) => type.precision === precision)?.bytes ?? 2
