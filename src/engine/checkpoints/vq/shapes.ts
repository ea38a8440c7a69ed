/** The tensors a tokenizer must hold, collected while its plan is laid out: convolutions, norms, residual blocks. */

export class ShapeList {
  readonly shapes = new Map<string, readonly number[]>()

  conv(name: string, out: number, inside: number, kernel = 3): void {
    this.shapes.set(`${name}.weight`, [out, inside, kernel, kernel])
    this.shapes.set(`${name}.bias`, [out])
  }

  dense(name: string, out: number, inside: number): void {
    this.shapes.set(`${name}.weight`, [out, inside])
    this.shapes.set(`${name}.bias`, [out])
  }

  norm(name: string, width: number): void {
    this.shapes.set(`${name}.weight`, [width])
    this.shapes.set(`${name}.bias`, [width])
  }

  residual(name: string, shortcut: string, inside: number, out: number): void {
    this.norm(`${name}.norm1`, inside)
    this.conv(`${name}.conv1`, out, inside)
    this.norm(`${name}.norm2`, out)
    this.conv(`${name}.conv2`, out, out)
    if (inside !== out) this.conv(`${name}.${shortcut}`, out, inside, 1)
  }
}
