/** Every kind of problem in words: what it is called, and what can be done about all of its rows at once. */
import type { FixKind } from './dataset-records.ts'
import type { ProblemCode } from './datasets.ts'

export interface Fix {
  readonly how: FixKind
  /** As a button says it. */
  readonly label: string
}

interface ProblemWords {
  readonly title: string
  /** Why it matters, in one sentence. */
  readonly why: string
  readonly fixes: readonly Fix[]
}

const drop = (label: string): Fix => ({ how: 'delete', label })

export const problemWords: Readonly<Record<ProblemCode, ProblemWords>> = {
  'unreadable-row': {
    title: 'Lines that are no rows',
    why: 'What stands there cannot be read as a quadruplet.',
    fixes: [drop('Drop these lines')],
  },
  'missing-member': {
    title: 'Missing pictures or texts',
    why: 'A quadruplet needs its output picture, instruction and reasoning.',
    fixes: [drop('Drop these rows')],
  },
  undecodable: {
    title: 'Pictures that cannot be decoded',
    why: 'They are empty, cut, damaged or no pictures at all.',
    fixes: [drop('Drop these rows')],
  },
  'size-mismatch': {
    title: 'Input and output of different proportions',
    why: 'Places in the two pictures do not correspond.',
    fixes: [drop('Drop these rows')],
  },
  'empty-instruction': {
    title: 'Empty instructions',
    why: 'Nothing says what is to be done.',
    fixes: [drop('Drop these rows')],
  },
  'empty-trace': {
    title: 'Empty reasoning',
    why: 'The model would learn to say nothing.',
    fixes: [drop('Drop these rows')],
  },
  'long-instruction': {
    title: 'Instructions longer than the model reads',
    why: 'What is beyond its length would be cut.',
    fixes: [drop('Drop these rows')],
  },
  'long-trace': {
    title: 'Reasoning longer than the model reads',
    why: 'What is beyond its length would be cut.',
    fixes: [drop('Drop these rows')],
  },
  'broken-text': {
    title: 'Text that was decoded wrongly',
    why: 'It holds the mark that stands for lost letters (U+FFFD).',
    fixes: [drop('Drop these rows')],
  },
  'duplicate-id': {
    title: 'Ids that occur twice',
    why: 'A row is found again by its id.',
    fixes: [{ how: 'new-ids', label: 'Give them ids of their own' }],
  },
  leak: {
    title: 'The same row in two splits',
    why: 'Validation would measure what was trained on.',
    fixes: [{ how: 'same-split', label: 'Keep each pair in one split' }, drop('Drop the copies')],
  },
  cut: {
    title: 'Files that end early',
    why: 'Rows may be missing after that place.',
    fixes: [drop('Go on without what is missing')],
  },
  changed: {
    title: 'Written to while it was read',
    why: 'What was found may not be what is there.',
    fixes: [drop('Take it as it was read')],
  },
  'no-rows': { title: 'No rows', why: 'There is nothing to train on.', fixes: [] },
  'unknown-words': {
    title: 'Words the model does not know',
    why: 'They are spelled in bytes, which takes more tokens; training can teach them.',
    fixes: [],
  },
  duplicate: {
    title: 'The same row twice',
    why: 'It counts double in training.',
    fixes: [drop('Drop the copies')],
  },
  'near-duplicate': {
    title: 'Rows that look the same',
    why: 'They count double in training.',
    fixes: [drop('Drop the later ones')],
  },
  'near-leak': {
    title: 'Look-alikes in two splits',
    why: 'Validation would measure what was nearly trained on.',
    fixes: [{ how: 'same-split', label: 'Keep each pair in one split' }, drop('Drop the later ones')],
  },
  'nothing-changed': {
    title: 'Input and output are one picture',
    why: 'The model would learn to change nothing.',
    fixes: [drop('Drop these rows')],
  },
  squashed: { title: 'Pictures that are not square', why: 'They are squashed to the model’s square.', fixes: [] },
  animated: { title: 'Pictures with several pages', why: 'Only the first is used.', fixes: [] },
  'no-end': { title: 'Tars without an end mark', why: 'They may have been cut between two members.', fixes: [] },
}
