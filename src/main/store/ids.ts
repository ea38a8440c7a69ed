/** Ids of records: short, sortable by time of making, unique. */
import { randomBytes } from 'node:crypto'

export const newId = (): string => `${Date.now().toString(36)}-${randomBytes(6).toString('hex')}`
