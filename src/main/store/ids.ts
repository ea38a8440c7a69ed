/** Ids of records: short, unique, and in the order they were made, also within one millisecond of one process. */
import { randomBytes } from 'node:crypto'

let made = 0

export function newId(): string {
  const count = (made++ % 36 ** 4).toString(36).padStart(4, '0')
  return `${Date.now().toString(36)}-${count}-${randomBytes(4).toString('hex')}`
}
