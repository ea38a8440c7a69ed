/** A label over (or beside) a control, with what is wrong with it below. */
import {
  useId,
  type InputHTMLAttributes,
  type ReactElement,
  type ReactNode,
  type Ref,
  type TextareaHTMLAttributes,
} from 'react'

export function Field({
  label,
  hint,
  error,
  inline = false,
  htmlFor,
  children,
}: {
  readonly label: ReactNode
  readonly hint?: ReactNode
  readonly error?: string | null | undefined
  readonly inline?: boolean
  readonly htmlFor?: string
  readonly children: ReactNode
}): ReactElement {
  return (
    <div className={inline ? 'field field-inline' : 'field'}>
      <label className="field-label" htmlFor={htmlFor}>
        {label}
      </label>
      {children}
      {hint !== undefined && <span className="field-hint">{hint}</span>}
      {error && (
        <span className="field-error" role="alert">
          {error}
        </span>
      )}
    </div>
  )
}

type TextFieldProps = Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange' | 'value' | 'id'> & {
  readonly label: string
  /** The name is spoken, not shown. */
  readonly bare?: boolean
  readonly value: string
  readonly onChange: (value: string) => void
  readonly error?: string | null
  readonly ref?: Ref<HTMLInputElement>
}

export function TextField({ label, bare = false, value, onChange, error, ...rest }: TextFieldProps): ReactElement {
  const id = useId()
  const input = (
    <input
      type="text"
      autoComplete="off"
      spellCheck={false}
      {...rest}
      id={id}
      className="text-field"
      aria-label={bare ? label : undefined}
      aria-invalid={error ? true : undefined}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  )
  if (bare) return input
  return (
    <Field label={label} htmlFor={id} error={error}>
      {input}
    </Field>
  )
}

type TextAreaProps = Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'onChange' | 'value' | 'id'> & {
  readonly label: string
  readonly bare?: boolean
  readonly value: string
  readonly onChange: (value: string) => void
  readonly hint?: ReactNode
  readonly error?: string | null
  /** Where something else has to find it. */
  readonly fieldId?: string
  readonly 'data-undo'?: 'document'
  readonly ref?: Ref<HTMLTextAreaElement>
}

export function TextArea({
  label,
  bare = false,
  value,
  onChange,
  hint,
  error,
  fieldId,
  ...rest
}: TextAreaProps): ReactElement {
  const own = useId()
  const id = fieldId ?? own
  const area = (
    <textarea
      rows={3}
      {...rest}
      id={id}
      className="text-field text-area"
      aria-label={bare ? label : undefined}
      aria-invalid={error ? true : undefined}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  )
  if (bare) return area
  return (
    <Field label={label} htmlFor={id} error={error} hint={hint}>
      {area}
    </Field>
  )
}
