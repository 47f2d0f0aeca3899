import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { stripVTControlCharacters } from 'node:util'
import { PATIENCE } from './patience'

/*
 * Runs a command on a new pseudo-terminal and passes on what it writes. Its own input: a line of JSON for each thing
 * to do. When the command has ended, its last line on standard error is the exit code (of a signal: minus its number),
 * and whether the terminal's modes are those from before.
 */
const BRIDGE = `
import fcntl, json, os, pty, select, signal, struct, subprocess, sys, termios
columns, rows, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
main, side = pty.openpty()
def size(columns, rows):
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
size(columns, rows)
before = termios.tcgetattr(side)
def own():
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
child = subprocess.Popen(command, stdin=side, stdout=side, stderr=side, preexec_fn=own)
orders = b''
inputs = [main, 0]
while True:
    ready = select.select(inputs, [], [], 0.05)[0]
    if main in ready:
        os.write(1, os.read(main, 65536))
    elif child.poll() is not None:
        break
    if 0 in ready:
        data = os.read(0, 65536)
        if not data:
            inputs.remove(0)
        orders += data
        while b'\\n' in orders:
            line, orders = orders.split(b'\\n', 1)
            order = json.loads(line)
            if 'keys' in order:
                os.write(main, order['keys'].encode())
            if 'size' in order:
                size(*order['size'])
            if 'signal' in order:
                os.kill(child.pid, getattr(signal, order['signal']))
sys.stderr.write(json.dumps({'code': child.returncode, 'restored': termios.tcgetattr(side) == before}))
`

// Escape sequences: to the top left, which begins a picture, and clearing what is below, which ends it.
const HOME = '\u001b[H'
const CLEAR_BELOW = '\u001b[J'

export interface Ended {
  /** Minus the number of a signal. */
  readonly code: number
  /** The terminal's modes are what they were before. */
  readonly restored: boolean
}

/** A command on a terminal of its own, which somebody types at. */
export class PseudoTerminal {
  readonly #bridge: ChildProcess
  #output = ''
  #said = ''
  #changed: () => void = () => {}

  constructor(columns: number, rows: number, command: readonly string[], env: NodeJS.ProcessEnv) {
    const args = ['-c', BRIDGE, String(columns), String(rows), ...command]
    this.#bridge = spawn('python3', args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
    this.#bridge.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text
      this.#changed()
    })
    this.#bridge.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text
    })
    this.#bridge.on('close', () => this.#changed())
  }

  /** All that it wrote, as it did. */
  get output(): string {
    return this.#output
  }

  /**
   * What stands on the screen, for a command that always draws all of it: a line's colours are left out. Of a picture that
   * has not come whole, the one before.
   */
  get screen(): string[] {
    const end = this.#output.lastIndexOf(CLEAR_BELOW)
    const whole = end < 0 ? this.#output : this.#output.slice(0, end)
    const last = whole.slice(whole.lastIndexOf(HOME) + HOME.length)
    // The terminal itself writes \n as \r\n.
    return stripVTControlCharacters(last).split(/\r+\n/)
  }

  type(keys: string): void {
    this.#order({ keys })
  }

  resize(columns: number, rows: number): void {
    this.#order({ size: [columns, rows] })
  }

  kill(signal: NodeJS.Signals): void {
    this.#order({ signal })
  }

  /** Waits until the screen is as wanted. */
  async until(what: string, wanted: (screen: string[]) => boolean, patience = PATIENCE): Promise<string[]> {
    const late = Date.now() + patience
    while (!wanted(this.screen)) {
      const left = late - Date.now()
      if (left <= 0 || this.#bridge.exitCode !== null) {
        throw new Error(`waited for ${what}; on the screen:\n${this.screen.join('\n')}\n${this.#said}`)
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 1000))
        this.#changed = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    return this.screen
  }

  /** Waits for the command's end. */
  async ended(): Promise<Ended> {
    if (this.#bridge.exitCode === null) await once(this.#bridge, 'close')
    return JSON.parse(this.#said.split('\n').at(-1) ?? '') as Ended
  }

  /** For what is left over of a failed test. */
  destroy(): void {
    if (this.#bridge.exitCode !== null) return
    this.kill('SIGKILL')
    this.#bridge.stdin?.end()
  }

  #order(order: object): void {
    this.#bridge.stdin?.write(`${JSON.stringify(order)}\n`)
  }
}
