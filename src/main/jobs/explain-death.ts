/**
 * Why an engine process died, in words: whether memory ran out, how that was recognised, and what to set differently.
 * Pure; whoever started the process brings what was seen. The system tells a killed process nothing, so the signal alone
 * proves nothing: the kernel's count of such kills is the evidence, and where it keeps none the memory curve.
 */
import { bytesInWords } from '../../shared/bytes.ts'
import type { Proposal } from '../../shared/training.ts'

/** Memory of the process at a moment, bytes. */
export interface MemorySample {
  readonly resident: number
  /** What could still be had then; null where it is not known. */
  readonly free: number | null
}

/** What was being trained, as far as it can be changed. */
export interface TrainingSizes {
  readonly method: 'lora' | 'full'
  readonly rank: number | null
  readonly batch: number
  readonly accumulate: number
}

export interface Death {
  readonly code: number | null
  readonly signal: string | null
  /** The last the process said on stderr. */
  readonly stderrTail: string
  /** Oldest first. */
  readonly memoryCurve: readonly MemorySample[]
  /** Free memory just after its end, with what it held given back; null where it is not known. */
  readonly freeMemory: number | null
  /** The kernel's own count of processes it ended for lack of memory rose meanwhile. */
  readonly killedForMemory?: boolean
  readonly training?: TrainingSizes
}

export interface Explanation {
  /** `memory`: it ran out, or most likely did. `killed`: somebody ended it. `crash`: it broke. `ended`: it just left. */
  readonly kind: 'memory' | 'killed' | 'crash' | 'ended'
  readonly message: string
  readonly remedy: string
  readonly proposal: Proposal | null
}

/** What programs say when an allocation fails: the runtime, V8, C++ and the system. */
const OUT_OF_MEMORY =
  /failed to allocate memory|bad_?alloc|heap out of memory|out of memory|cannot allocate memory|\bENOMEM\b|array buffer allocation failed|invalid array buffer length|BFCArena.*(?:fail|exceed)|std::length_error/i

export const saysOutOfMemory = (text: string): boolean => OUT_OF_MEMORY.test(text)

/** A process that held this share of all there was is taken for the cause of its end. */
const LARGE_SHARE = 0.5
/** Less than this left: memory was short, whoever held it. */
const LITTLE = 200e6

export function explainDeath(death: Death): Explanation {
  const { code, signal, stderrTail } = death
  const said = saysOutOfMemory(stderrTail)
  const killed = signal === 'SIGKILL' || code === 137
  if (said) return outOfMemory(death, 'it said so itself')
  if (killed && death.killedForMemory === true) return outOfMemory(death, 'the system ended the process for that')
  if (killed) {
    const short = shortage(death)
    if (short) return outOfMemory(death, `the system ended it, and ${short}`)
    return {
      kind: 'killed',
      message: `The engine process was ended from outside (SIGKILL)${heldWords(death)}.`,
      remedy: `${goOn(death)} If nobody ended it on purpose, memory may have run out. ${advice(death).words}`,
      proposal: null,
    }
  }
  if (signal !== null && CRASHES.has(signal))
    return {
      kind: 'crash',
      message: `The engine process crashed (${signal})${heldWords(death)}.`,
      remedy: `${goOn(death)} If it happens again, please report it with the details.`,
      proposal: null,
    }
  if (signal !== null)
    return {
      kind: 'killed',
      message: `The engine process was ended by ${signal}.`,
      remedy: goOn(death),
      proposal: null,
    }
  const crashed = code !== null && (code === 134 || code === 139 || code === 135 || code < 0 || code > 0xc0000000)
  return {
    kind: crashed || (code ?? 0) !== 0 ? 'crash' : 'ended',
    message: `The engine process ended with code ${code ?? '?'} in the middle of the job.`,
    remedy: `${goOn(death)} If it happens again, please report it with the details.`,
    proposal: null,
  }
}

const CRASHES = new Set(['SIGABRT', 'SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGTRAP'])

function outOfMemory(death: Death, how: string): Explanation {
  const { words, proposal } = advice(death)
  return {
    kind: 'memory',
    message: `Memory ran out: ${how}${heldWords(death)}.`,
    remedy: `${words} ${goOn(death)}`,
    proposal,
  }
}

/** Why the curve speaks for a lack of memory; null where it does not. */
function shortage({ memoryCurve, freeMemory }: Death): string | null {
  const last = memoryCurve.at(-1)
  const peak = Math.max(0, ...memoryCurve.map(({ resident }) => resident))
  if (last && last.free !== null && last.free < LITTLE) return `${bytesInWords(last.free)} were left just before`
  if (last && last.free !== null && last.resident >= LARGE_SHARE * (last.resident + last.free))
    return `it held most of the memory there was`
  // Between two looks it can grow by more than was free: then what it left behind tells.
  if (freeMemory !== null && freeMemory < LITTLE) return `${bytesInWords(freeMemory)} are free even now`
  if (peak > 0 && freeMemory !== null && peak >= LARGE_SHARE * freeMemory) return `it held most of the memory there was`
  return null
}

function heldWords({ memoryCurve, freeMemory }: Death): string {
  const peak = Math.max(0, ...memoryCurve.map(({ resident }) => resident))
  if (peak === 0) return ''
  const free = memoryCurve.at(-1)?.free ?? freeMemory
  return `; it held ${bytesInWords(peak)} at the last look${free === null ? '' : `, ${bytesInWords(free)} were free`}`
}

/** The least change first: more passes a step train the same. */
function advice({ training }: Death): { words: string; proposal: Proposal | null } {
  if (!training) return { words: 'Close other programs, or use a smaller model.', proposal: null }
  const { batch, accumulate, method, rank } = training
  const passes = nextDivisor(batch, accumulate)
  if (passes !== null) {
    const words = `Compute each step in ${passes} passes of ${batch / passes} (accumulate ${passes}), which trains the same with less memory${method === 'full' ? ', or train an adapter (LoRA) instead' : ''}.`
    return { words, proposal: { accumulate: passes } }
  }
  if (method === 'full')
    return {
      words: 'Train an adapter (LoRA) instead of the whole model: that is a new run.',
      proposal: { method: 'lora', rank: 8 },
    }
  if (rank !== null && rank > 1) {
    const lower = Math.max(1, Math.floor(rank / 2))
    return { words: `Lower the rank of the adapter to ${lower}: that is a new run.`, proposal: { rank: lower } }
  }
  return { words: 'Close other programs, or use a smaller model.', proposal: null }
}

/** The next number of passes, at least twice as many, that divides the batch; null when each pass holds one sample. */
function nextDivisor(batch: number, accumulate: number): number | null {
  for (let passes = 2 * accumulate; passes <= batch; passes++) if (batch % passes === 0) return passes
  return accumulate < batch ? batch : null
}

/** What is left of a job that wrote into a folder of somebody's choosing. */
export const LEFT_IN_LOG = 'What was recorded is kept in the log of the output folder: resume from it, or start again.'

const goOn = ({ training }: Death): string =>
  training ? 'The run goes on from its last checkpoint when it is resumed.' : LEFT_IN_LOG
