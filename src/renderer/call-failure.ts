/** A failure that came back from the service: it knows which call it answered. */
import { TandemError, type TandemErrorKind } from '../shared/errors.ts'

export class CallFailure extends TandemError {
  /** The method of the contract, or `upload`. */
  readonly origin: string

  constructor(origin: string, message: string, remedy: string, kind?: TandemErrorKind) {
    super(message, remedy, kind)
    this.origin = origin
  }
}
