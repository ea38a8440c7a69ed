/** Buttons: with words, or an icon with a name that shows as a tooltip. */
import type { ButtonHTMLAttributes, ReactElement, ReactNode, Ref } from 'react'
import { Icon, type IconName } from './Icon.tsx'
import type { Side } from './place.ts'
import { Tooltip } from './Tooltip.tsx'

type Native = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'type' | 'title'>

export interface ButtonProps extends Native {
  /** `primary` once per view; `danger` for what cannot be taken back; `quiet` without a frame. */
  readonly kind?: 'primary' | 'plain' | 'quiet' | 'danger'
  readonly icon?: IconName
  readonly submit?: boolean
  readonly wide?: boolean
  readonly ref?: Ref<HTMLButtonElement>
  readonly children: ReactNode
}

export function Button({
  kind = 'plain',
  icon,
  submit = false,
  wide = false,
  className,
  children,
  ...rest
}: ButtonProps): ReactElement {
  const classes = ['button', `button-${kind}`, wide ? 'button-wide' : '', className ?? '']
  return (
    <button {...rest} type={submit ? 'submit' : 'button'} className={classes.filter(Boolean).join(' ')}>
      {icon && <Icon name={icon} />}
      <span className="button-text">{children}</span>
    </button>
  )
}

export interface IconButtonProps extends Native {
  readonly icon: IconName
  /** Its accessible name and tooltip. */
  readonly label: string
  readonly detail?: ReactNode
  readonly shortcut?: string | undefined
  readonly side?: Side
  /** Present for a button that stays down. */
  readonly pressed?: boolean
  readonly small?: boolean
  /** Disabled it stays where the focus is: for one that is pressed again and again until there is nothing left. */
  readonly keepsFocus?: boolean
  readonly ref?: Ref<HTMLButtonElement>
}

export function IconButton({
  icon,
  label,
  detail,
  shortcut,
  side,
  pressed,
  small = false,
  keepsFocus = false,
  disabled = false,
  onClick,
  className,
  ...rest
}: IconButtonProps): ReactElement {
  const classes = ['icon-button', small ? 'icon-button-small' : '', className ?? '']
  return (
    <Tooltip text={label} detail={detail} shortcut={shortcut} {...(side ? { side } : {})}>
      <button
        {...rest}
        type="button"
        disabled={disabled && !keepsFocus}
        aria-disabled={(disabled && keepsFocus) || undefined}
        onClick={disabled ? undefined : onClick}
        aria-label={label}
        aria-pressed={pressed}
        className={classes.filter(Boolean).join(' ')}
      >
        <Icon name={icon} size={small ? 14 : 16} />
      </button>
    </Tooltip>
  )
}
